/**
 * Whether this replica alone has lost the store behind it. Readiness is about the replica: when none can reach the
 * store, all stay, for what they have can still be read. When the others can, this one leaves its place to them. Only
 * the others know which of the two it is, so they are asked.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:http';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { reasonOf } from '../followed-files.ts';
import type { Clock } from '../store/clock.ts';

/** Milliseconds without contact after which others are asked; an election of etcd takes 1 to 3 s. */
export const silenceMs = 15_000;
const askEveryMs = 2_000;
/**
 * Milliseconds: a replica that had contact so lately has it still. A replica without requests checks etcd every 5 s, so
 * when all lose contact in the same moment, the last contact of one may be 5 s younger than that of another. When the
 * first of them asks, `silenceMs` later, none of the others may pass for one that has contact.
 */
const contactMs = 6_000;
/** That others have contact holds so long, which is many asks. */
const othersMs = 30_000;
/** That somebody answers at all holds so long. */
const toldMs = 60_000;
const deadlineMs = 2_000;

/** Of an answer to /readyz: which replica it is from. */
export const replicaHeader = 'KvStore-Replica';

export interface PeerAnswer {
  readonly replica: string | undefined;
  /** Milliseconds since that replica had contact; undefined: it does not say. */
  readonly age: number | undefined;
}

export interface PeersOptions {
  /** Undefined: there are no other replicas to ask. */
  readonly url: string | undefined;
  /** Milliseconds since this replica had contact; undefined: it needs none. */
  readonly age: () => number | undefined;
  /** Milliseconds that this replica stays ready when it has lost contact and can reach no other replica. */
  readonly maxAge: number;
  readonly clock: Clock;
  /** PEM file of the authority of an https url; undefined, or not there: those that Node knows. */
  readonly caFile?: string | undefined;
  /** Where questions that fail are logged, once for each reason in a row. */
  readonly log?: Pick<Logger, 'warn'> | undefined;
  readonly registry?: Registry | undefined;
  /** Default: GET /readyz, each time over a new connection, which leads to another replica. */
  readonly ask?: (url: string) => Promise<PeerAnswer>;
}

export class Peers {
  /** Of this process. */
  readonly id: string = randomUUID();
  readonly #options: PeersOptions;
  /** When another replica last said that it has contact. */
  #othersReachAt = Number.NEGATIVE_INFINITY;
  /** When an answer last came. */
  #toldAt = Number.NEGATIVE_INFINITY;
  #cancel = () => {};
  /** Of the last question; undefined: it was answered. */
  #fault: string | undefined;
  readonly #failures: Counter | undefined;

  constructor(options: PeersOptions) {
    const { url, caFile, registry, log } = options;
    this.#options = options;
    if (registry !== undefined && url !== undefined) {
      this.#failures = new Counter({
        name: 'kvstore_peer_failures_total',
        help: 'Questions to other replicas, asked while the store behind is out of reach, that brought no answer.',
        registers: [registry],
      });
    }
    if (url === undefined) return;
    // Before it matters: peers are asked only when etcd is lost.
    if (url.startsWith('https:') && caFile !== undefined && !existsSync(caFile)) {
      log?.warn(
        { caFile },
        'KV_PEERS_CA_FILE is not there: other replicas are checked against the authorities that Node knows',
      );
    }
    this.#plan(url);
  }

  /** Milliseconds since this replica had contact; undefined: it needs none. */
  age(): number | undefined {
    return this.#options.age();
  }

  /** Undefined: the replica is as fit as any other. */
  notReady(): string | undefined {
    const { maxAge, clock } = this.#options;
    const age = this.age();
    if (age === undefined || age <= silenceMs) return undefined;
    const seconds = Math.round(age / 1000);
    // One of several that have contact is enough; not each ask leads to it.
    if (clock.now() - this.#othersReachAt <= othersMs)
      return `Other replicas reach the store, this one has not for ${seconds} s.`;
    if (age <= maxAge || clock.now() - this.#toldAt <= toldMs) return undefined;
    return `What this replica has is ${seconds} s old, and no other replica can be asked.`;
  }

  close(): void {
    this.#cancel();
  }

  #plan(url: string): void {
    const { clock } = this.#options;
    this.#cancel = clock.after(askEveryMs, () => {
      void this.#look(url).finally(() => this.#plan(url));
    });
  }

  async #look(url: string): Promise<void> {
    const { clock, caFile, ask = askOver(caFile) } = this.#options;
    if ((this.age() ?? 0) <= silenceMs) {
      this.#othersReachAt = Number.NEGATIVE_INFINITY;
      return;
    }
    const answer = await ask(url).catch((error: unknown) => this.#failed(url, error));
    if (answer === undefined) return;
    if (answer.replica === undefined || answer.age === undefined) {
      this.#failed(url, new Error('what answers there is no replica that reaches a store'));
      return;
    }
    this.#fault = undefined;
    this.#toldAt = clock.now();
    // What this replica says of itself is no news.
    if (answer.replica !== this.id && answer.age <= contactMs) this.#othersReachAt = clock.now();
  }

  /** With TLS, a certificate that is not trusted would else look like replicas that are gone. */
  #failed(url: string, error: unknown): undefined {
    this.#failures?.inc();
    const fault = reasonOf(error);
    if (fault !== this.#fault) this.#options.log?.warn({ url, fault }, 'the other replicas cannot be asked');
    this.#fault = fault;
    return undefined;
  }
}

/** Undefined: there is no such file. */
async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file is read at each question: it may be replaced. */
function askOver(caFile: string | undefined): (url: string) => Promise<PeerAnswer> {
  return async (url) => {
    const target = new URL('/readyz', url);
    const options = { agent: false, signal: AbortSignal.timeout(deadlineMs) } as const;
    if (target.protocol === 'http:') return askWith(get, target, options);
    const { get: getOverTls } = await import('node:https');
    const ca = caFile === undefined ? undefined : await readIfThere(caFile);
    return askWith(getOverTls, target, { ...options, ...(ca === undefined ? {} : { ca }) });
  };
}

function askWith(ask: typeof get, target: URL, options: RequestOptions): Promise<PeerAnswer> {
  return new Promise((resolve, reject) => {
    const request = ask(target, options, (response) => {
      response.resume();
      response.on('error', () => {});
      const { age, 'kvstore-replica': replica } = response.headers;
      resolve({
        replica: typeof replica === 'string' ? replica : undefined,
        age: age === undefined || !/^\d+$/.test(age) ? undefined : Number(age) * 1000,
      });
    });
    request.on('error', reject);
  });
}
