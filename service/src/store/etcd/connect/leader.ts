/**
 * Which member leads. A write that is sent to another member is forwarded: a hop more, and while leadership is being
 * handed over the leader silently drops what was forwarded, so that its outcome stays unknown. What was sent to
 * it directly it refuses, and it can be sent again (ADR 0151).
 */
import type { StatusResponse } from '@kvstore/etcd/messages.ts';
import type { Clock } from '../../clock.ts';
import type { Endpoint } from './endpoint.ts';

/** Milliseconds for a member to say who leads. */
const timeout = 1000;
/** Milliseconds until the next look when no member knew. */
const retryInterval = 500;

/** What is needed of an endpoint. */
type Asked = Pick<Endpoint, 'call'>;

export class Leader<E extends Asked = Endpoint> {
  readonly #endpoints: readonly E[];
  readonly #clock: Clock;
  #endpoint: E | undefined;
  /** The raft term in which it was elected. */
  #term = 0;
  #nextLook = Number.NEGATIVE_INFINITY;

  constructor(endpoints: readonly E[], clock: Clock) {
    this.#endpoints = endpoints;
    this.#clock = clock;
  }

  /** Undefined while it is not known. It may have changed since: another member takes calls just as well. */
  get endpoint(): E | undefined {
    return this.#endpoint;
  }

  /** Takes an answer's raft term: another term has another leader. It is lower after etcd was restored or replaced. */
  heard(term: number): void {
    const now = this.#clock.now();
    if (term === this.#term || now < this.#nextLook || this.#endpoints.length === 1) return;
    this.#nextLook = now + retryInterval;
    void this.#look();
  }

  async #look(): Promise<void> {
    const answers = await Promise.allSettled(
      this.#endpoints.map(async (endpoint) => {
        const status = await endpoint.call<StatusResponse>('Maintenance', 'status', {}, timeout);
        const leads = status.leader === status.header.member_id;
        return { endpoint, leads, term: Number(status.header.raft_term) };
      }),
    );
    const leaders = answers.flatMap((answer) =>
      answer.status === 'fulfilled' && answer.value.leads ? [answer.value] : [],
    );
    // One that was cut off may still take itself for the leader of an earlier term.
    const [newest] = leaders.sort((a, b) => b.term - a.term);
    if (newest === undefined) return;
    this.#endpoint = newest.endpoint;
    this.#term = newest.term;
  }
}
