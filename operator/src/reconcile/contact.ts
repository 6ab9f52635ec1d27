/**
 * Whether a store still reaches an etcd that somebody else runs. Its replicas stay ready without it, for what they have
 * can be read, so their readiness says nothing of it; their answer to /readyz does (docs/adr/0191).
 */
import { nodeHttp } from '@kvstore/core/node-http.ts';
import type { Clock } from '../clock.ts';
import { BackgroundAnswers } from '../control/background-answers.ts';
import { serviceUrl } from '../desired/service-environment.ts';
import type { KvStore } from '../kvstore.ts';

/** Milliseconds since a replica had contact with etcd; undefined: it cannot be asked, as when spec.clients shuts us out. */
export type AskContact = (kvstore: KvStore) => Promise<number | undefined>;

/** Milliseconds after which contact is lost; an election of etcd takes 1 to 3 s. */
export const lostMs = 30_000;
/** Between two questions. */
export const contactPollMs = 30_000;
const deadlineMs = 2_000;

export interface Contact {
  /** Undefined: the replicas do not say. */
  readonly ms: number | undefined;
}

export class Contacts {
  readonly #ask: AskContact;
  readonly #answers: BackgroundAnswers<number | undefined>;

  /** @param onChange a KvStore's replicas have lost etcd, or reach it again: `namespace/name` */
  constructor(clock: Clock, ask: AskContact, onChange: (key: string) => void) {
    this.#ask = ask;
    const isSame = (a: number | undefined, b: number | undefined) => isLost(a) === isLost(b);
    const pollMs = contactPollMs / 2;
    this.#answers = new BackgroundAnswers({ clock, steadyMs: pollMs, soonMs: pollMs, isSame, onChange });
  }

  /** Undefined: it is not known yet, or the etcd is one of its own, which is looked at itself. */
  of(kvstore: KvStore, availableReplicas: number): Contact | undefined {
    if (kvstore.spec.externalEtcd === undefined || availableReplicas === 0) return undefined;
    const { uid, namespace, name } = kvstore.metadata;
    const ask = () => this.#ask(kvstore).catch(() => undefined);
    const answered = this.#answers.look({ key: uid, subject: `${namespace}/${name}`, ask, isGood: () => true });
    return answered === undefined ? undefined : { ms: answered.answer };
  }
}

function isLost(ms = 0): boolean {
  return ms > lostMs;
}

export const askContact: AskContact = (kvstore) =>
  new Promise((resolve, reject) => {
    const url = new URL('/readyz', serviceUrl(kvstore));
    // Nothing is sent, and what comes back is a hint: as a kubelet, it does not look at the certificate.
    const options = { agent: false, signal: AbortSignal.timeout(deadlineMs), rejectUnauthorized: false } as const;
    const request = nodeHttp(url.protocol).get(url, options, (response) => {
      response.resume();
      response.on('error', () => {});
      const { age } = response.headers;
      resolve(age !== undefined && /^\d+$/.test(age) ? Number(age) * 1000 : undefined);
    });
    request.on('error', reject);
  });
