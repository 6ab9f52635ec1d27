/** Watches of an etcd that exists in memory: it has one pair in each revision, and sends several of them at once. */
import { Readable } from 'node:stream';
import type { EtcdClient } from '../../../../src/store/etcd/connect/client.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import type { HeadRead } from '../../../../src/store/etcd/read/head.ts';
import { Watches } from '../../../../src/store/etcd/read/watches.ts';
import type { Replica } from '../../../../src/store/etcd/replicate/replica.ts';
import type { WatchEvent, WatchRequest, WatchResponse } from '../../../../src/store/etcd/wire/messages.ts';
import type { ManualClock } from '../../../support/manual-clock.ts';

const keyspace = layout('/p/');
const revisionsPerResponse = 8;

export interface KeptHistory {
  readonly watches: Watches;
  /** The revisions from which etcd was asked to watch. */
  readonly askedFrom: number[];
}

/** History of `newest` revisions, all of them in the index; etcd takes `delay` milliseconds for each response. */
export function keepHistory(clock: ManualClock, newest: number, delay = 0): KeptHistory {
  const askedFrom: number[] = [];
  const endpoint = {
    watch: async () =>
      new HistoryStream(newest, {
        onAsked: (from) => void askedFrom.push(from),
        whenReady: (send) => (delay === 0 ? send() : clock.after(delay, send)),
      }),
    reset: () => {},
  };
  const head: HeadRead = { revision: newest, token: '', clusterId: '1', storeRevision: newest };
  const watches = new Watches({
    client: { member: async () => endpoint, avoid: () => {} } as unknown as EtcdClient,
    layout: keyspace,
    replica: { applied: newest, newest, unfit: undefined, timeline: 'a', reach: () => undefined } as unknown as Replica,
    clock,
    requestTimeout: 5000,
    readHead: async () => head,
    readHeadAt: async () => head,
  });
  return { watches, askedFrom };
}

interface Behaviour {
  readonly onAsked: (from: number) => void;
  readonly whenReady: (send: () => void) => void;
}

class HistoryStream extends Readable {
  readonly #newest: number;
  readonly #behaviour: Behaviour;
  #next: number | undefined;

  constructor(newest: number, behaviour: Behaviour) {
    super({ objectMode: true, highWaterMark: 1 });
    this.#newest = newest;
    this.#behaviour = behaviour;
  }

  write({ create_request: { start_revision: from } }: WatchRequest): void {
    this.#behaviour.onAsked(from);
    this.#next = from;
    this._read();
  }

  cancel(): void {
    this.destroy();
  }

  override _read(): void {
    if (this.#next === undefined || this.#next > this.#newest) return;
    const end = Math.min(this.#next + revisionsPerResponse, this.#newest + 1);
    const events: WatchEvent[] = [];
    for (let revision = this.#next; revision < end; revision++) events.push(put(revision));
    this.#next = end;
    const response: WatchResponse = {
      ...{ created: false, canceled: false, cancel_reason: '', compact_revision: 0, fragment: false },
      events,
    };
    this.#behaviour.whenReady(() => this.push(response));
  }
}

function put(revision: number): WatchEvent {
  const kv = { key: keyspace.encode('a'), value: Buffer.from('1'), mod_revision: revision, lease: '0' };
  return { type: 'PUT', kv };
}
