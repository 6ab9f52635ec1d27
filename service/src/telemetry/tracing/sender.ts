/**
 * Sends spans from a thread of its own. The SDK's HTTP client shares node's own code with the server: in one thread the
 * client's objects keep that code from being compiled for the server's alone, which costs every request, sampled or not.
 */
import { Worker } from 'node:worker_threads';
import { diag } from '@opentelemetry/api';
import { mostUnread, withoutWait } from './batching.ts';
import type { SpanRecord } from './span-record.ts';
import type { Env } from './tracing.ts';

export class Sender {
  readonly #thread: Worker;
  readonly #ended: Promise<unknown>;
  #unread = 0;

  constructor(env: Env) {
    this.#thread = new Worker(new URL('sender-thread.ts', import.meta.url), { env: withoutWait(env) });
    this.#thread.unref();
    // The service goes on without traces, as it does when nobody takes them.
    this.#thread.on('error', (error) => diag.error('Traces are not sent any more.', error));
    this.#thread.on('message', (read: number) => {
      this.#unread -= read;
    });
    this.#ended = new Promise((resolve) => this.#thread.once('exit', resolve));
  }

  send(spans: readonly SpanRecord[]): void {
    if (this.#unread + spans.length > mostUnread) {
      diag.warn(`Dropped ${spans.length} spans.`);
    } else {
      this.#unread += spans.length;
      // As a text: to copy the objects takes several times as long as to write and read it.
      this.#thread.postMessage(JSON.stringify(spans));
    }
  }

  /** Resolves when all is sent. */
  async close(): Promise<void> {
    this.#thread.ref();
    this.#thread.postMessage(undefined);
    await this.#ended;
  }
}
