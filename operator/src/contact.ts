/**
 * Whether a store still reaches an etcd that somebody else runs. Its replicas stay ready without it, for what they have
 * can be read, so their readiness says nothing of it; their answer to /readyz does (docs/adr/0191).
 */
import { get } from 'node:http';
import type { Clock } from './clock.ts';
import { servicePort } from './desired/service-environment.ts';
import type { KvStore } from './kvstore.ts';

/** Milliseconds since a replica had contact with etcd; undefined: it cannot be asked, as when spec.clients shuts us out. */
export type AskContact = (kvstore: KvStore) => Promise<number | undefined>;

/** Milliseconds after which contact is lost; an election of etcd takes 1 to 3 s. */
export const lostMs = 30_000;
/** Between two questions. */
export const contactPollMs = 30_000;
const deadlineMs = 2_000;

export class Contacts {
  readonly #clock: Clock;
  readonly #ask: AskContact;
  /** By the KvStore's uid. */
  readonly #known = new Map<string, { readonly until: number; readonly ms: number | undefined }>();

  constructor(clock: Clock, ask: AskContact) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Undefined for an etcd of its own, which is looked at itself. Never rejects. */
  async of(kvstore: KvStore, availableReplicas: number): Promise<number | undefined> {
    if (kvstore.spec.externalEtcd === undefined || availableReplicas === 0) return undefined;
    const now = this.#clock.now();
    for (const [uid, { until }] of this.#known) if (until <= now) this.#known.delete(uid);
    const known = this.#known.get(kvstore.metadata.uid);
    if (known !== undefined) return known.ms;
    const ms = await this.#ask(kvstore).catch(() => undefined);
    this.#known.set(kvstore.metadata.uid, { until: now + contactPollMs / 2, ms });
    return ms;
  }
}

export const askContact: AskContact = ({ metadata: { name, namespace } }) =>
  new Promise((resolve, reject) => {
    const url = `http://${name}.${namespace}.svc:${servicePort}/readyz`;
    const request = get(url, { agent: false, signal: AbortSignal.timeout(deadlineMs) }, (response) => {
      response.resume();
      response.on('error', () => {});
      const { age } = response.headers;
      resolve(age !== undefined && /^\d+$/.test(age) ? Number(age) * 1000 : undefined);
    });
    request.on('error', reject);
  });
