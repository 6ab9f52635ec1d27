/** The lease by which this replica reads: it takes one, checks it, and gives it up (ADR 0290, R1 to R3 and R12). */
import { randomBytes } from 'node:crypto';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import { type Clock, pause } from '../../../clock.ts';
import { confirm, forget, join, leave } from '../../lease/lease.ts';
import { leaseTarget } from '../../lease/reads.ts';
import type { Reads } from '../../lease/state.ts';
import type { Log } from '../../options.ts';
import { newSecret } from '../../peers/pre-shared-key.ts';
import type { PeerPort, ReaderServer } from '../../peers/serve-reports.ts';
import type { Replica } from '../../replicate/replica.ts';
import { BackOff } from '../back-off.ts';
import type { Demand } from '../demand.ts';
import { LeaseClock } from '../lease-clock.ts';
import type { ReaderKeys } from '../reader-keys.ts';
import type { LeaseEnd, ReaderMetrics } from '../reader-metrics.ts';
import type { Stability } from '../stability.ts';
import { callTime, trustTime } from '../times.ts';
import { OwnKeys } from './own-keys.ts';

export interface OwnLeaseOptions {
  readonly port: PeerPort;
  readonly keys: ReaderKeys;
  readonly stability: Stability;
  readonly replica: Pick<Replica, 'unfit' | 'putBack'>;
  /** See Follower. */
  readonly isFollowing: () => boolean;
  readonly demand: Demand;
  readonly clock: Clock;
  readonly metrics: Pick<ReaderMetrics, 'leaseEnds'>;
  readonly log: Log;
}

interface Lease {
  readonly id: string;
  readonly timeline: string;
  readonly server: ReaderServer;
  /** By the clock. */
  readonly takenAt: number;
  /** etcd has made the key. */
  isMade: boolean;
}

export class OwnLease {
  readonly #options: OwnLeaseOptions;
  readonly #time: LeaseClock;
  readonly #backOff: BackOff;
  readonly #stop = new AbortController();
  readonly #keys: OwnKeys;
  #lease: Lease | undefined;
  /** Leases that are given up, until their keys are deleted: others wait for reports until then. */
  readonly #leaving = new Map<Lease, Promise<void>>();
  #isChecking = false;

  constructor(options: OwnLeaseOptions) {
    this.#options = options;
    this.#time = new LeaseClock(options.clock);
    this.#backOff = new BackOff(options.clock);
    this.#keys = new OwnKeys({ ...options, signal: this.#stop.signal });
    options.stability.listen({
      changed: () => this.#look(),
      received: (revision) => {
        this.#lease?.server.report(revision);
        for (const { server } of this.#leaving.keys()) server.report(revision);
      },
    });
  }

  /** A lease is worth having: takes one, unless there is a reason not to. */
  want(): void {
    if (this.#lease === undefined && this.#options.stability.state.own === undefined && this.#mayTake())
      void this.#take();
  }

  /** See leaseTarget. */
  target(reads: Reads): number | undefined {
    const { stability, replica } = this.#options;
    if (this.#lease === undefined || replica.unfit !== undefined) return undefined;
    return leaseTarget(stability.state, reads, this.#time.now());
  }

  /** Every half second. */
  tick(): void {
    const { surplus } = this.#options.demand;
    if (this.#lease === undefined) return;
    if (surplus !== undefined) this.giveUp(surplus);
    else if (this.#lease.isMade) void this.#check(this.#lease);
    else if (this.#isOver()) this.giveUp('expired');
  }

  /** From here on nothing is read by the lease; then its key is deleted. */
  giveUp(reason: LeaseEnd): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    const { stability, metrics, log, clock } = this.#options;
    this.#lease = undefined;
    stability.update(leave);
    metrics.leaseEnds.inc({ reason });
    log.info({ reason, id: lease.id }, `Reads by lease end here: ${reason}.`);
    const lasted = clock.now() - lease.takenAt;
    this.#backOff.ended(reason, lasted);
    const onNotice = () => {
      // A process that was paused may find its lease over before it reads the notice.
      if (reason === 'expired') this.#backOff.ended('noticed', lasted);
    };
    const done = this.#remove(lease, onNotice).finally(() => this.#leaving.delete(lease));
    this.#leaving.set(lease, done);
  }

  /** Resolves when the key is deleted, or after `callTime`. */
  async close(): Promise<void> {
    this.giveUp('closed');
    await Promise.race([Promise.all(this.#leaving.values()), pause(this.#options.clock, callTime)]);
    this.#stop.abort();
  }

  #mayTake(): boolean {
    const { stability, replica, isFollowing } = this.#options;
    if (this.#stop.signal.aborted || !stability.isListed || !this.#backOff.isOver) return false;
    // Without a watch it would report nothing, and writes would wait for that.
    if (!isFollowing()) return false;
    // An index on a timeline that etcd does not name is confirmed by no check.
    return replica.unfit === undefined && replica.putBack === undefined;
  }

  async #take(): Promise<void> {
    const { port, stability, clock, log } = this.#options;
    const { timeline, received } = stability.state;
    const id = randomBytes(16).toString('hex');
    const secret = newSecret();
    const server = port.offer({ id, secret, timeline, received });
    const lease = { id, timeline, server, takenAt: clock.now(), isMade: false };
    this.#lease = lease;
    const sentAt = this.#time.mark();
    stability.update((state) => join(state, id, sentAt, trustTime));
    try {
      await this.#keys.make(id, { address: server.address, secret });
      lease.isMade = true;
    } catch (error) {
      log.warn({ err: error }, `No lease could be taken: ${messageOf(error)}`);
      if (this.#lease === lease) this.giveUp('failed');
    }
  }

  async #check(lease: Lease): Promise<void> {
    const { keys, stability } = this.#options;
    if (this.#isChecking) return;
    const sentAt = this.#time.mark();
    if (this.#isOver()) return this.giveUp('expired');
    this.#isChecking = true;
    try {
      const refusal = await keys.check(lease.id, lease.timeline, callTime);
      if (this.#lease !== lease) return;
      if (refusal === undefined) stability.update((state) => confirm(state, lease.id, sentAt, trustTime));
      else this.giveUp(refusal);
    } catch {
      // Counted with all calls. The lease ends when none succeeds in time.
    } finally {
      this.#isChecking = false;
    }
  }

  #isOver(): boolean {
    const { own } = this.#options.stability.state;
    return own === undefined || this.#time.now() >= own.until;
  }

  /** The watch, or a full sync, may have brought a notice, or the end of the key. */
  #look(): void {
    const lease = this.#lease;
    if (lease === undefined) return;
    const { own, readers } = this.#options.stability.state;
    if (own?.id !== lease.id) this.giveUp('removed');
    else if (readers.some(({ id, notice }) => id === lease.id && notice !== undefined)) this.giveUp('noticed');
  }

  /** `onNotice`: others have waited for it too long. */
  async #remove({ id, server }: Lease, onNotice: () => void): Promise<void> {
    const by = await this.#keys.remove(id);
    if (by === 'others') onNotice();
    if (by !== undefined) this.#options.stability.update((state) => forget(state, id));
    await server.close();
  }
}
