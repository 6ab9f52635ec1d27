/** Connections to all other readers: their reports say what they have received. */
import type { Clock } from '../../clock.ts';
import type { Log } from '../options.ts';
import type { Peers } from './peers.ts';
import type { Stability } from './stability.ts';

interface Connection {
  readonly timeline: string;
  close(): void;
  isConnected: boolean;
  hasConnected: boolean;
}

/** `never`: it has not been reached yet. */
export type ConnectionState = 'connected' | 'broken' | 'never';

export class Connections {
  readonly #stability: Stability;
  readonly #peers: Pick<Peers, 'follow'>;
  readonly #clock: Clock;
  readonly #log: Log;
  /** By the reader's id. */
  readonly #all = new Map<string, Connection>();
  readonly #onState: () => void;
  #isClosed = false;

  constructor(options: {
    readonly stability: Stability;
    readonly peers: Pick<Peers, 'follow'>;
    readonly clock: Clock;
    readonly log: Log;
    /** A connection broke, or was made. */
    readonly onState: () => void;
  }) {
    this.#stability = options.stability;
    this.#peers = options.peers;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#onState = options.onState;
    this.#stability.listen({ changed: () => this.#follow() });
  }

  stateOf(id: string): ConnectionState {
    const connection = this.#all.get(id);
    if (connection?.isConnected) return 'connected';
    return connection?.hasConnected ? 'broken' : 'never';
  }

  close(): void {
    this.#isClosed = true;
    for (const connection of this.#all.values()) connection.close();
    this.#all.clear();
  }

  #follow(): void {
    if (this.#isClosed) return;
    const { readers, own, timeline } = this.#stability.state;
    for (const [id, connection] of this.#all) {
      if (connection.timeline === timeline && id !== own?.id && readers.some((reader) => reader.id === id)) continue;
      this.#all.delete(id);
      connection.close();
    }
    for (const { id } of readers) if (id !== own?.id && !this.#all.has(id)) this.#open(id, timeline);
  }

  #open(id: string, timeline: string): void {
    const address = this.#stability.addressOf(id);
    const connection: Connection = { timeline, close: () => {}, isConnected: false, hasConnected: false };
    this.#all.set(id, connection);
    if (address === undefined) {
      const message =
        'A lease of another version of the service, or that something else put in etcd: it will be ended.';
      this.#log.warn({ reader: id }, message);
      return;
    }
    const isOurs = () => this.#all.get(id) === connection;
    const { close } = this.#peers.follow({
      ...{ ...address, id, timeline, clock: this.#clock, log: this.#log },
      onReport: (report) => {
        if (isOurs()) this.#stability.report(report);
      },
      onState: (isConnected) => {
        if (!isOurs() || connection.isConnected === isConnected) return;
        connection.isConnected = isConnected;
        connection.hasConnected ||= isConnected;
        this.#onState();
      },
    });
    connection.close = close;
  }
}
