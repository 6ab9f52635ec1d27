/**
 * Sends spans from a thread of its own. The SDK's HTTP client shares node's own code with the server: in one thread the
 * client's objects keep that code from being compiled for the server's alone, which costs every request, sampled or not.
 */
import { Worker } from 'node:worker_threads';
import type { Env } from '../tracing.ts';
import { inOneBatch, mostUnread } from './batching.ts';
import type { ExportHealth } from './export-health.ts';
import type { SpanRecord } from './span-record.ts';

/** What the thread says. */
export type SenderMessage =
  | { readonly kind: 'done'; readonly spans: number; readonly failure: string | undefined }
  | { readonly kind: 'warning'; readonly text: string };

/** Milliseconds that the end of the process waits for a collector that does not answer. */
const longestEnd = 5000;

export class Sender {
  readonly #thread: Worker;
  readonly #ended: Promise<unknown>;
  readonly #health: ExportHealth;
  #unread = 0;
  #isDead = false;

  constructor(env: Env, health: ExportHealth) {
    this.#health = health;
    this.#thread = new Worker(new URL('sender-thread.ts', import.meta.url), { env: inOneBatch(env) });
    this.#thread.unref();
    // The service goes on without traces, as it does when nothing takes them.
    this.#thread.on('error', (error) =>
      this.#lose(`the thread that sends them ended: ${error instanceof Error ? error.message : error}`),
    );
    this.#thread.on('message', (message: SenderMessage) => {
      if (message.kind === 'warning') return health.warned(message.text);
      this.#unread -= message.spans;
      if (message.failure === undefined) health.sent();
      else health.dropped(message.spans, message.failure);
    });
    this.#ended = new Promise((resolve) => this.#thread.once('exit', resolve));
  }

  send(spans: readonly SpanRecord[]): void {
    if (this.#isDead) this.#health.dropped(spans.length, 'the thread that sends them has ended');
    else if (this.#unread + spans.length > mostUnread) {
      this.#health.dropped(spans.length, `${this.#unread} spans wait already`);
    } else {
      this.#unread += spans.length;
      // As a text: to copy the objects takes several times as long as to write and read it.
      this.#thread.postMessage(JSON.stringify(spans));
    }
  }

  /** Resolves when all is sent, or when that takes too long. @param ms how long it may take */
  async close(ms = longestEnd): Promise<void> {
    this.#thread.ref();
    this.#thread.postMessage(undefined);
    const late = setTimeout(() => {
      this.#lose(`they were not sent within ${ms} ms of the end`);
      void this.#thread.terminate();
    }, ms);
    await this.#ended;
    clearTimeout(late);
  }

  #lose(why: string): void {
    this.#isDead = true;
    this.#health.dropped(this.#unread, why);
    this.#unread = 0;
  }
}
