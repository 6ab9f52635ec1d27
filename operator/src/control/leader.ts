/**
 * Leader election over a Lease (coordination.k8s.io/v1): client-go's algorithm. Whether a holder is gone is judged by
 * how long its record has not changed as seen from here, never by comparing clocks of two machines.
 */
import type { V1Lease, V1LeaseSpec } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import { type Clock, sleep } from '../clock.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { pathOf } from '../kube/resources.ts';

export interface LeaderOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  readonly identity: string;
  /** Milliseconds after which others may take over from a holder that no longer renews. */
  readonly leaseMs: number;
  /** Milliseconds without a successful renewal after which the holder itself stops leading; less than leaseMs. */
  readonly renewDeadlineMs: number;
  /** Milliseconds between attempts. */
  readonly retryMs: number;
}

const leases = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' };

/** As the API server writes it: times are text here. */
type LeaseRecord = Omit<V1Lease, 'spec'> & {
  spec?: Omit<V1LeaseSpec, 'acquireTime' | 'renewTime'> & { acquireTime?: string; renewTime?: string };
};

export class LeaderElection {
  readonly #options: LeaderOptions;
  #known: LeaseRecord | undefined;
  #knownSince = 0;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /**
   * Waits for leadership, leads, and gives the Lease back.
   * @param lead is called once, with a signal that is aborted when leadership is lost or the operator stops
   * @returns whether leadership was lost; false when the signal was aborted
   */
  async run(signal: AbortSignal, lead: (leading: AbortSignal) => Promise<void>): Promise<boolean> {
    const { clock, retryMs, log, identity } = this.#options;
    while (!(await this.#acquire(signal))) {
      if (signal.aborted) {
        await this.#release();
        return false;
      }
      await sleep(clock, retryMs, signal);
    }
    log.info({ identity }, 'leading');
    const leading = new AbortController();
    const stop = (): void => leading.abort(new Error('the operator stops'));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    const led = lead(leading.signal);
    const lost = await this.#renew(signal);
    if (lost) log.error({ identity }, 'leadership lost');
    leading.abort(new Error('leadership lost'));
    await led;
    signal.removeEventListener('abort', stop);
    if (!lost) await this.#release();
    return lost;
  }

  /** Renews until it may no longer count itself the leader (true) or the signal is aborted (false). */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { clock, retryMs, renewDeadlineMs } = this.#options;
    let renewedAt = clock.now();
    while (!signal.aborted) {
      await sleep(clock, retryMs, signal);
      if (signal.aborted) return false;
      const startedAt = clock.now();
      if (await this.#acquire(signal)) renewedAt = startedAt;
      else if (this.#isHeldByAnother() || clock.now() - renewedAt > renewDeadlineMs) return true;
    }
    return false;
  }

  /** One attempt to get or keep the Lease. Failures are logged: the next attempt is the retry. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { log, clock } = this.#options;
    try {
      // A holder writes over the version it knows; it reads only when that was not the newest.
      if (!this.#isOurs()) {
        const record = await this.#read(signal);
        if (record?.metadata?.resourceVersion !== this.#known?.metadata?.resourceVersion) this.#note(record);
        if (record !== undefined && this.#isHeldByAnother() && clock.now() - this.#knownSince < this.#goneAfterMs()) {
          return false;
        }
      }
      this.#note(await this.#write(this.#known, this.#options.identity, signal));
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      if (hasStatus(error, 404, 409)) {
        this.#note(await this.#read(signal).catch(() => this.#known));
        return false;
      }
      log.warn({ err: error }, 'lease could not be renewed');
      return false;
    }
  }

  /**
   * Gives the Lease back if it is ours, and tries twice. A write that the signal has cut off may have come through: then the
   * version that is known is not the newest, or the Lease is ours without our knowing.
   */
  async #release(): Promise<void> {
    let failure: unknown;
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        if (attempt > 0 || !this.#isOurs()) this.#note(await this.#read(undefined));
        if (this.#isOurs()) await this.#write(this.#known, '', undefined);
        return;
      } catch (error) {
        failure = error;
      }
    }
    this.#options.log.warn({ err: failure }, 'lease could not be given back');
  }

  #read(signal: AbortSignal | undefined): Promise<LeaseRecord | undefined> {
    const { client, namespace, name, retryMs } = this.#options;
    const options = { deadlineMs: retryMs, ...(signal === undefined ? {} : { signal }) };
    return client.find<LeaseRecord>(pathOf(leases, namespace, name), options);
  }

  /** Writes over exactly the known version, so of two who try one fails. */
  #write(known: LeaseRecord | undefined, holder: string, signal: AbortSignal | undefined): Promise<LeaseRecord> {
    const { client, namespace, name, leaseMs, retryMs } = this.#options;
    const now = new Date().toISOString().replace('Z', '000Z');
    const changes = known?.spec?.holderIdentity !== holder;
    const body: LeaseRecord = {
      apiVersion: leases.apiVersion,
      kind: leases.kind,
      metadata: { ...known?.metadata, name, namespace },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.max(1, Math.round(leaseMs / 1000)),
        acquireTime: changes ? now : (known?.spec?.acquireTime ?? now),
        renewTime: now,
        leaseTransitions:
          (known?.spec?.leaseTransitions ?? 0) + (changes && holder !== '' && known !== undefined ? 1 : 0),
      },
    };
    const options = { body, deadlineMs: retryMs, ...(signal === undefined ? {} : { signal }) };
    return known === undefined
      ? client.request('POST', pathOf(leases, namespace), options)
      : client.request('PUT', pathOf(leases, namespace, name), options);
  }

  #note(record: LeaseRecord | undefined): void {
    this.#known = record;
    this.#knownSince = this.#options.clock.now();
  }

  /** A holder with other settings keeps its Lease for as long as its own say. */
  #goneAfterMs(): number {
    const theirs = (this.#known?.spec?.leaseDurationSeconds ?? 0) * 1000;
    return Math.max(this.#options.leaseMs, theirs);
  }

  #isOurs(): boolean {
    return this.#known?.spec?.holderIdentity === this.#options.identity;
  }

  #isHeldByAnother(): boolean {
    const holder = this.#known?.spec?.holderIdentity ?? '';
    return holder !== '' && holder !== this.#options.identity;
  }
}
