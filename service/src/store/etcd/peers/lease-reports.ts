/** The reports of one lease, to all replicas that are connected for it. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.ts';
import { helloFrame } from './frames.ts';
import { pskOf } from './pre-shared-key.ts';
import { Subscriber } from './subscriber.ts';

/** A lease as it begins, with the newest revision that its reader has received. */
export interface OfferedLease {
  readonly id: string;
  readonly secret: string;
  readonly timeline: string;
  readonly received: number;
}

export class LeaseReports {
  readonly key: Buffer;
  readonly #lease: OfferedLease;
  readonly #clock: Clock;
  readonly #subscribers = new Set<Subscriber>();
  readonly #idle: (() => void)[] = [];
  #received: number;
  #due: NodeJS.Immediate | undefined;
  #isClosed = false;

  /** Throws RangeError for a secret that is too short, and for names that are too long for a frame. */
  constructor(lease: OfferedLease, clock: Clock) {
    const key = pskOf(lease.secret);
    if (key === undefined) throw new RangeError('The secret of a lease has to be 256 bits or more, as base64url.');
    this.key = key;
    this.#lease = lease;
    this.#clock = clock;
    this.#received = lease.received;
    this.#hello();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes a replica that has proved that it knows the secret. */
  add(socket: TLSSocket): void {
    const subscriber = new Subscriber(socket, {
      ...{ hello: this.#hello(), sent: this.#received, newest: () => this.#received, clock: this.#clock },
    });
    this.#subscribers.add(subscriber);
    socket.once('close', () => {
      this.#subscribers.delete(subscriber);
      if (this.#subscribers.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    });
  }

  /** Whatever comes in one turn of the event loop goes out as one frame at its end. Older revisions are ignored. */
  report(received: number): void {
    if (received <= this.#received || this.#isClosed) return;
    this.#received = received;
    if (this.#subscribers.size === 0) return;
    this.#due ??= setImmediate(() => {
      this.#due = undefined;
      for (const subscriber of this.#subscribers) subscriber.update();
    });
  }

  beat(): void {
    for (const subscriber of this.#subscribers) subscriber.beat();
  }

  /** Ends all connections. Resolves when they are closed. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearImmediate(this.#due);
    if (this.#subscribers.size === 0) return;
    const closed = new Promise<void>((resolve) => this.#idle.push(resolve));
    for (const subscriber of this.#subscribers) subscriber.end();
    await closed;
  }

  #hello(): Buffer {
    return helloFrame({ ...this.#lease, received: this.#received });
  }
}
