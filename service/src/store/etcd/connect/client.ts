/** Calls to a cluster: which member is asked, and what is asked next when one does not answer. */
import { status } from '@grpc/grpc-js';
import { blamesMember, EtcdCallError, meaningOf } from '@kvstore/etcd/call-error.ts';
import type { ServiceName } from '@kvstore/etcd/schema.ts';
import type { Clock } from '../../clock.ts';
import type { EtcdMetrics } from '../etcd-metrics.ts';
import type { EtcdConnectionOptions } from '../options.ts';
import type { ResponseHeader } from '../wire/messages.ts';
import { Endpoint } from './endpoint.ts';
import { Leader } from './leader.ts';

/** A member that failed is asked again after this, or sooner when no other is left. */
const penalty = 5000;
/** How long better members may take to connect before one that failed lately is asked after all. */
const connectTime = 500;

interface Member {
  readonly endpoint: Endpoint;
  avoidUntil: number;
}

export interface LeaderCallOptions {
  /** Gets the member to which the call is sent. */
  readonly onSent?: (endpoint: Endpoint) => void;
  /** True: a call that meets no connected member fails at once, as one that was never sent. */
  readonly onlyConnected?: boolean;
}

export class EtcdClient {
  readonly #members: Member[];
  readonly #clock: Clock;
  readonly #metrics: EtcdMetrics;
  readonly #leader: Leader;
  #current = 0;

  constructor(options: EtcdConnectionOptions, clock: Clock, metrics: EtcdMetrics) {
    this.#members = options.endpoints.map((url) => ({ endpoint: new Endpoint(url, options), avoidUntil: 0 }));
    this.#clock = clock;
    this.#metrics = metrics;
    this.#leader = new Leader(this.endpoints, clock);
    // Processes spread over the members.
    this.#current = Math.floor(Math.random() * this.#members.length);
  }

  get endpoints(): readonly Endpoint[] {
    return this.#members.map(({ endpoint }) => endpoint);
  }

  /**
   * One call, sent once, to a member that is connected.
   * Throws EtcdCallError after at most `timeout` milliseconds.
   */
  call<T>(service: ServiceName, method: string, request: object, timeout: number): Promise<T> {
    return this.#call(() => this.#ready(), service, method, request, timeout);
  }

  /** As `call`, of the KV service, and to the leader when it is known and connected. */
  async callLeader<T extends { readonly header: ResponseHeader }>(
    method: string,
    request: object,
    timeout: number,
    options?: LeaderCallOptions,
  ): Promise<T> {
    const choose = () => this.#ready(this.#leader.endpoint);
    const response = await this.#call<T>(choose, 'KV', method, request, timeout, options);
    this.#leader.heard(response.header.raft_term);
    return response;
  }

  async #call<T>(
    choose: () => Endpoint | undefined,
    service: ServiceName,
    method: string,
    request: object,
    timeout: number,
    { onSent, onlyConnected = false }: LeaderCallOptions = {},
  ): Promise<T> {
    const start = this.#clock.now();
    let endpoint: Endpoint | undefined;
    try {
      endpoint = choose();
      if (endpoint === undefined && onlyConnected) {
        throw new EtcdCallError('No etcd member is connected.', status.UNAVAILABLE, false);
      }
      endpoint ??= await this.#connect(timeout);
      onSent?.(endpoint);
      const left = Math.max(1, timeout - (this.#clock.now() - start));
      const response = await endpoint.call<T>(service, method, request, left);
      this.#metrics.calls.observe({ call: method, outcome: 'ok' }, (this.#clock.now() - start) / 1000);
      return response;
    } catch (error) {
      this.#metrics.calls.observe({ call: method, outcome: 'error' }, (this.#clock.now() - start) / 1000);
      this.#metrics.errors.inc({ call: method, meaning: meaningOf(error) });
      if (endpoint !== undefined && blamesMember(error)) this.avoid(endpoint);
      if (endpoint !== undefined && /invalid auth token/.test(String(error))) endpoint.reset();
      throw error;
    }
  }

  /** A connected member for a watch. Throws EtcdCallError after `timeout` milliseconds. */
  async member(timeout: number): Promise<Endpoint> {
    return this.#ready() ?? (await this.#connect(timeout));
  }

  /** Others are asked before this one for a while. */
  avoid(endpoint: Endpoint): void {
    const index = this.#members.findIndex((member) => member.endpoint === endpoint);
    const member = this.#members[index];
    if (member === undefined) return;
    member.avoidUntil = this.#clock.now() + penalty;
    if (index === this.#current) this.#current = (index + 1) % this.#members.length;
  }

  close(): void {
    for (const { endpoint } of this.#members) endpoint.close();
  }

  /**
   * `preferred`, or else the first from the current one on, which becomes the current one: of those that are connected
   * and did not fail lately. All are asked, so that all stay connected: when one goes away, another can be used at once.
   */
  #ready(preferred?: Endpoint): Endpoint | undefined {
    const now = this.#clock.now();
    let found: number | undefined;
    let isThere = false;
    for (let i = 0; i < this.#members.length; i++) {
      const index = (this.#current + i) % this.#members.length;
      const member = this.#members[index];
      if (!member?.endpoint.isReady() || member.avoidUntil > now) continue;
      found ??= index;
      isThere ||= member.endpoint === preferred;
    }
    if (isThere) return preferred;
    if (found === undefined) return undefined;
    this.#current = found;
    return this.#members[found]?.endpoint;
  }

  async #connect(timeout: number): Promise<Endpoint> {
    const now = this.#clock.now();
    const better = this.#members.filter(({ avoidUntil }) => avoidUntil <= now);
    const soon = Math.min(timeout, connectTime);
    try {
      if (better.length > 0) return await firstReady(better, soon);
    } catch (error) {
      if (timeout <= soon) throw error;
    }
    return await firstReady(this.#members, Math.max(1, timeout - (this.#clock.now() - now)));
  }
}

async function firstReady(members: readonly Member[], timeout: number): Promise<Endpoint> {
  try {
    return await Promise.any(
      members.map(async ({ endpoint }) => {
        await endpoint.becomeReady(timeout);
        return endpoint;
      }),
    );
  } catch (cause) {
    const errors: EtcdCallError[] = cause instanceof AggregateError ? cause.errors : [];
    const code = errors.find((error) => meaningOf(error) === 'refused')?.code ?? status.UNAVAILABLE;
    const message = errors.map((error) => error.message).join('; ');
    throw new EtcdCallError(`No etcd member can be reached: ${message}`, code, false, cause);
  }
}
