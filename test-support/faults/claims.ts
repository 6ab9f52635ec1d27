/** Clients that write under conditions and delete: who claims a key first, who counts one up, who takes it away. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../linearizable/call.ts';
import type { Operation } from '../linearizable/history.ts';
import { ask } from './ask.ts';

export interface ClaimOptions {
  readonly replicas: readonly Target[];
  readonly clients: number;
  readonly random: () => number;
  /** Milliseconds that a client rests between two operations, at the most. */
  readonly rest: number;
}

/** A key that several clients try to create at once; who did deletes it later, and nobody creates it again. */
interface Claim {
  readonly key: string;
  /** Acknowledged creations, and when the first of them was. */
  created: number;
  createdAt: number;
  /** Creations of unknown outcome. */
  unknown: number;
  /** When a deletion was sent at the earliest. */
  deletedFrom: number;
}

const operationsPerClaim = 40;

export class Claims {
  /** Writes, deletions (which write `gone`) and reads of every claim and counter. */
  readonly history: Operation[] = [];
  /** What no history shows: two winners, or two that counted up from one version. */
  readonly violations: string[] = [];
  readonly #options: ClaimOptions;
  readonly #claims: Claim[] = [];
  /** Versions from which a counter was counted up. */
  readonly #used = new Set<string>();
  readonly #clients: Promise<void>[];
  #count = 0;
  #stopped = false;

  constructor(options: ClaimOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, (_, client) => this.#run(client));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  async #run(client: number): Promise<void> {
    const { replicas, random, rest } = this.#options;
    while (!this.#stopped) {
      const { url = '' } = replicas[client % replicas.length] ?? {};
      const number = Math.floor(++this.#count / operationsPerClaim);
      this.#claims[number] ??= {
        ...{ key: `claim-${number}`, created: 0, unknown: 0 },
        ...{ createdAt: Number.POSITIVE_INFINITY, deletedFrom: Number.POSITIVE_INFINITY },
      };
      // Some clients still work on the one before.
      const claim = this.#claims[random() < 0.2 ? Math.max(0, number - 1) : number] ?? this.#claims[number];
      const choice = random();
      if (claim !== undefined) {
        if (choice < 0.25) await this.#create(client, url, claim);
        else if (choice < 0.35) await this.#delete(client, url, claim);
        else if (choice < 0.7) await this.#read(client, url, claim);
        else await this.#countUp(client, url, `counter-${number}`);
      }
      await sleep(random() * rest);
    }
  }

  async #create(client: number, url: string, claim: Claim): Promise<void> {
    // Once it may be gone again, a second creation would be right as well.
    if (claim.deletedFrom !== Number.POSITIVE_INFINITY) return;
    const text = `${client}-${this.#count}`;
    const start = performance.now();
    const { outcome } = await ask(url, '/set', {
      ...{ method: 'POST', body: JSON.stringify({ [claim.key]: text }) },
      headers: { 'If-None-Match': '*' },
    });
    const end = performance.now();
    if (outcome === 'done') {
      if (++claim.created > 1 && claim.deletedFrom > end) this.violations.push(`${claim.key} was claimed twice`);
      claim.createdAt = Math.min(claim.createdAt, end);
      this.#write(client, claim.key, JSON.stringify(text), start, end);
    } else if (outcome === 'unknown') {
      claim.unknown++;
      this.#write(client, claim.key, JSON.stringify(text), start, Number.POSITIVE_INFINITY);
    }
  }

  async #delete(client: number, url: string, claim: Claim): Promise<void> {
    // A creation that may still come would bring it back; and only one deletion, for each needs a value of its own.
    const { created, unknown, deletedFrom } = claim;
    if (created !== 1 || unknown > 0 || deletedFrom !== Number.POSITIVE_INFINITY) return;
    const start = performance.now();
    claim.deletedFrom = start;
    const { outcome } = await ask(url, `/get/${claim.key}`, { method: 'DELETE' });
    if (outcome === 'done') this.#write(client, claim.key, 'gone', start, performance.now());
    else if (outcome === 'unknown') this.#write(client, claim.key, 'gone', start, Number.POSITIVE_INFINITY);
    else claim.deletedFrom = Number.POSITIVE_INFINITY;
  }

  async #read(client: number, url: string, claim: Claim): Promise<void> {
    const start = performance.now();
    const created = claim.createdAt;
    const { outcome, text } = await ask(url, `/get/${claim.key}`);
    const end = performance.now();
    if (outcome === 'done') {
      this.history.push({ client, kind: 'read', register: claim.key, value: text, start, end });
    } else if (outcome === 'missing' && created < start) {
      // It was there before this read: somebody took it away.
      this.history.push({ client, kind: 'read', register: claim.key, value: 'gone', start, end });
    }
  }

  async #countUp(client: number, url: string, key: string): Promise<void> {
    const start = performance.now();
    const { outcome, text, etag } = await ask(url, `/get/${key}`);
    if (outcome !== 'done' && outcome !== 'missing') return;
    const value = outcome === 'done' ? text : undefined;
    this.history.push({ client, kind: 'read', register: key, value, start, end: performance.now() });
    const next = JSON.stringify(`${client}-${this.#count}`);
    const headers = outcome === 'done' ? { 'If-Match': etag } : { 'If-None-Match': '*' };
    const sent = performance.now();
    const written = await ask(url, '/set', { method: 'POST', body: `{"${key}":${next}}`, headers });
    if (written.outcome === 'done') {
      const version = `${key} ${etag}`;
      if (this.#used.has(version)) this.violations.push(`${version} was followed twice`);
      this.#used.add(version);
      this.#write(client, key, next, sent, performance.now());
    } else if (written.outcome === 'unknown') this.#write(client, key, next, sent, Number.POSITIVE_INFINITY);
  }

  #write(client: number, register: string, value: string, start: number, end: number): void {
    this.history.push({ client, kind: 'write', register, value, start, end });
  }
}
