/** What an operator that has just started says of a KvStore: it goes by the status that stands. */
import type { KubernetesObject, V1Deployment, V1Ingress, V1Pod } from '@kubernetes/client-node';
import test from 'ava';
import { ownerReference } from '../../src/apply/ownership.ts';
import { buildIngress } from '../../src/desired/ingress.ts';
import type { EtcdOutcome } from '../../src/etcd/contract.ts';
import type { RouteAnswer } from '../../src/exposure/ask.ts';
import { Exposures } from '../../src/exposure/exposure.ts';
import type { KubeClient } from '../../src/kube/kube-client.ts';
import { KubeError } from '../../src/kube/kube-error.ts';
import { ObjectCache } from '../../src/kube/object-cache.ts';
import { type Caches, kvStoreKeyOf } from '../../src/kube/sources.ts';
import type { KvStore, KvStoreSpec, KvStoreStatus } from '../../src/kvstore.ts';
import { Contacts } from '../../src/reconcile/contact.ts';
import { Looker } from '../../src/reconcile/look.ts';
import { announcementsOf } from '../../src/status/announce.ts';
import { conditionOf } from '../../src/status/conditions.ts';
import { buildStatus } from '../../src/status/status.ts';
import type { WarningEvents } from '../../src/trouble/pod-events.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { settled } from '../support/fake-etcd.ts';
import { kvStore } from '../support/kvstore.ts';
import { recorded } from '../trouble/recorded.ts';

const noon = Date.parse('2026-01-01T12:00:00Z');
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A KvStore with its objects, and operators that follow one another. */
class Life {
  readonly clock = new FakeClock();
  readonly pods: V1Pod[] = [];
  available = 3;
  etcd: EtcdOutcome | undefined = settled(3);
  answer: RouteAnswer = { status: 200, identity: 'web/shop/uid' };
  contactMs = 0;
  apiFails = false;
  spec: Partial<KvStoreSpec>;
  ingress: V1Ingress;
  status: KvStoreStatus = { etcd: { members: 3, readyMembers: 3 } };
  readonly told: string[] = [];
  #looker = this.#start();

  constructor(spec: Partial<KvStoreSpec> = {}) {
    this.spec = spec;
    const { metadata, ...ingress } = buildIngress(this.kvstore);
    const ownerReferences = [ownerReference(this.kvstore)];
    this.ingress = { ...ingress, metadata: { ...metadata, ownerReferences, resourceVersion: '1', uid: 'i' } };
  }

  get kvstore(): KvStore {
    const ingress = { enabled: true, className: 'traefik', host: 'shop.test', pages: false };
    return kvStore({ ingress, ...this.spec }, this.status);
  }

  restart(): void {
    this.#looker = this.#start();
  }

  /** Looks whenever it is due. */
  async follow(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do {
      const requeueAfterMs = await this.look();
      await settle();
      this.clock.advance(Math.min(requeueAfterMs ?? 10_000, 10_000, end - this.clock.now()));
    } while (this.clock.now() < end);
    await this.look();
    await settle();
    await this.look();
  }

  async look(): Promise<number | undefined> {
    const { kvstore } = this;
    const pass = { etcd: kvstore.spec.etcd === undefined ? undefined : this.etcd, faults: [] };
    const { findings, requeueAfterMs } = await this.#looker.look(kvstore, pass);
    const next = buildStatus(kvstore, findings, this.#now());
    this.told.push(...announcementsOf(this.status, next).map(({ reason }) => reason));
    this.status = next;
    return requeueAfterMs;
  }

  is(type: string): string {
    const condition = conditionOf(this.status, type);
    return `${condition?.status} ${condition?.reason}`;
  }

  #now(): Date {
    return new Date(noon + this.clock.now());
  }

  #caches(): Caches {
    const cache = <T extends KubernetesObject>(objects: readonly T[]) => {
      const found = new ObjectCache<T>(kvStoreKeyOf);
      for (const object of objects) found.put(object);
      return found;
    };
    const counts = {
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: this.available,
      availableReplicas: this.available,
    };
    const deployment = {
      metadata: { name: 'shop', namespace: 'web', resourceVersion: '1', generation: 1 },
      status: { ...counts, observedGeneration: 1 },
    } as V1Deployment;
    return {
      kvStores: cache([this.kvstore as KvStore & KubernetesObject]),
      deployments: cache([deployment]),
      pods: cache(this.pods),
      ingresses: cache([this.ingress]),
      ...{ statefulSets: cache([]), jobs: cache([]), cronJobs: cache([]) },
    } as unknown as Caches;
  }

  #start(): Looker {
    const { clock } = this;
    const caches = new Proxy({} as Caches, { get: (_, name) => this.#caches()[name as keyof Caches] });
    const client = {
      find: async () => {
        if (this.apiFails) throw new KubeError(503, 'Unavailable', 'no');
        return {};
      },
    } as unknown as KubeClient;
    const exposures = new Exposures({
      ...{ client, caches, clock, readsClasses: true, onChange: () => {} },
      addresses: new Map([['traefik', [new URL('http://door.test')]]]),
      ask: async () => this.answer,
    });
    const warnings = { newest: async () => undefined } as unknown as WarningEvents;
    const contacts = new Contacts(
      clock,
      async () => this.contactMs,
      () => {},
    );
    return new Looker({ caches, clock, exposures, contacts, warnings, now: () => this.#now() });
  }
}

const external = { externalEtcd: { endpoints: ['https://etcd:2379'], clientCertificate: true } };
const growing: EtcdOutcome = { ...settled(3), settled: false, reason: 'EtcdAddingMember', message: 'x is added' };
const faults: readonly [reason: string, begin: (life: Life) => void, end: (life: Life) => void, spec?: object][] = [
  ['CrashLoopBackOff', (life) => life.pods.push(recorded.crashing), (life) => life.pods.pop()],
  ['NotReady', (life) => life.pods.push(recorded.running1), (life) => life.pods.pop()],
  [
    'ReplicasUnavailable',
    (life) => {
      life.available = 2;
    },
    (life) => {
      life.available = 3;
    },
  ],
  [
    'EtcdMembersNotReady',
    (life) => {
      life.etcd = { ...settled(3), readyMembers: 2 };
    },
    (life) => {
      life.etcd = settled(3);
    },
  ],
  [
    'EtcdAddingMember',
    (life) => {
      life.etcd = growing;
    },
    (life) => {
      life.etcd = settled(3);
    },
  ],
  [
    'RouteNotAnswering',
    (life) => {
      life.answer = { error: 'refused' };
    },
    (life) => {
      life.answer = { status: 200, identity: 'web/shop/uid' };
    },
  ],
  [
    'EtcdUnavailable',
    (life) => {
      life.contactMs = 600_000;
    },
    (life) => {
      life.contactMs = 0;
    },
    external,
  ],
];
for (const [reason, begin, end, spec] of faults) {
  test(`${reason} stays while the operator restarts, and its end is told once`, async (t) => {
    const life = new Life(spec);
    await life.follow(60_000);
    t.is(life.is('Degraded'), 'False AsExpected');
    begin(life);
    await life.follow(190_000);
    t.is(life.is('Degraded'), `True ${reason}`);
    life.told.length = 0;
    life.restart();
    await life.look();
    t.is(life.is('Degraded'), `True ${reason}`);
    await life.follow(600_000);
    t.is(life.is('Degraded'), `True ${reason}`);
    t.deepEqual(life.told, [], 'nothing has changed');
    end(life);
    life.restart();
    await life.follow(120_000);
    t.is(life.is('Degraded'), 'False AsExpected');
    t.is(life.told.filter((event) => event === 'Recovered').length, 1);
  });
}

test('an image that is tried without a verdict is told after two minutes, until there is one', async (t) => {
  const life = new Life();
  const trying = (why: string) => {
    const message = `registry.test/etcd:v3.6.17 is tried before a member restarts with it${why}`;
    life.etcd = { ...settled(3), settled: false, reason: 'EtcdTryingImage', message };
  };
  trying('');
  await life.follow(100_000);
  t.is(life.is('Degraded'), 'False AsExpected');
  trying(': pod x: Unschedulable: no cpu');
  await life.follow(30_000);
  t.is(life.is('Degraded'), 'True EtcdTryingImage');
  t.regex(conditionOf(life.status, 'Degraded')?.message ?? '', /no cpu, for more than 2 minutes/);
  t.is(life.is('Stalled'), 'undefined undefined', 'room may come');
  trying('');
  await life.follow(600_000);
  t.is(life.is('Degraded'), 'True EtcdTryingImage');
  life.etcd = { ...settled(3), settled: false, reason: 'EtcdRestarting', message: 'x is restarted' };
  await life.look();
  t.is(life.is('Degraded'), 'False AsExpected');
});

test('what was well when the operator stopped is given its time as always', async (t) => {
  const life = new Life();
  await life.follow(60_000);
  life.restart();
  life.available = 2;
  await life.follow(50_000);
  t.is(life.is('Degraded'), 'False AsExpected');
  await life.follow(20_000);
  t.is(life.is('Degraded'), 'True ReplicasUnavailable');
});

test('a route that has been asked is known after a restart and while the API server cannot be asked', async (t) => {
  const life = new Life();
  t.is(life.is('Exposed'), 'undefined undefined');
  await life.look();
  t.is(life.is('Exposed'), 'False RouteNotAnswering', 'not asked yet');
  t.is(life.is('Progressing'), 'True Exposing');
  await life.follow(10_000);
  t.is(life.is('Exposed'), 'True RouteAnswers');
  life.told.length = 0;
  life.restart();
  await life.look();
  t.is(life.is('Exposed'), 'True RouteAnswers');
  life.restart();
  life.apiFails = true;
  await life.follow(120_000);
  t.is(life.is('Exposed'), 'True RouteAnswers');
  t.false(life.told.includes('NotExposed'));
});

test('a store without replicas says who answers its host instead', async (t) => {
  const life = new Life();
  await life.follow(10_000);
  life.available = 0;
  life.answer = { status: 404, identity: undefined };
  await life.follow(90_000);
  t.is(life.is('Exposed'), 'False NoReplica');
  life.answer = { status: 200, identity: 'other/every-host/1' };
  await life.follow(130_000);
  t.is(life.is('Exposed'), 'False OtherStoreAnswers');
  t.regex(conditionOf(life.status, 'Exposed')?.message ?? '', /other\/every-host\/1.*allowEmptyServices/);
  life.available = 3;
  life.answer = { status: 200, identity: 'web/shop/uid' };
  await life.look();
  await settle();
  await life.look();
  t.is(life.is('Exposed'), 'True RouteAnswers', 'it is not asked a minute later only');
});

test('an answer of before an outage says nothing of the route after it', async (t) => {
  const life = new Life();
  await life.follow(10_000);
  t.is(life.is('Exposed'), 'True RouteAnswers');
  life.available = 0;
  life.answer = { status: 404, identity: undefined };
  await life.look();
  t.is(life.is('Exposed'), 'False NoReplica', 'also before the route is asked again');
  await life.follow(10_000);
  life.available = 3;
  life.answer = { status: 200, identity: 'other/every-host/1' };
  await life.look();
  t.is(life.is('Exposed'), 'False RouteNotAnswering', 'it is asked');
  await settle();
  await life.look();
  t.is(life.is('Exposed'), 'False OtherStoreAnswers');
});

test('without a replica nothing is said to be reached, also while the API server cannot be asked', async (t) => {
  const life = new Life();
  await life.follow(10_000);
  life.available = 0;
  life.restart();
  life.apiFails = true;
  await life.look();
  t.is(life.is('Exposed'), 'False NoReplica');
});

test('an answer of before the Ingress was taken away says nothing of the next one', async (t) => {
  const life = new Life();
  await life.follow(10_000);
  const { ingress } = life;
  life.ingress = { ...ingress, metadata: { ...ingress.metadata, name: 'gone' } };
  await life.look();
  t.is(life.is('Exposed'), 'False IngressMissing');
  life.ingress = ingress;
  life.answer = { error: 'refused' };
  await life.look();
  t.is(life.is('Exposed'), 'False RouteNotAnswering');
});

test('a paused store with another host is found where its route stands', async (t) => {
  const life = new Life();
  await life.follow(10_000);
  life.spec = { paused: true, ingress: { enabled: true, className: 'traefik', host: 'next.test', pages: false } };
  await life.follow(120_000);
  t.is(life.is('Exposed'), 'True RouteAnswers');
  t.regex(conditionOf(life.status, 'Exposed')?.message ?? '', /shop\.test/);
  t.is(life.status.url, 'http://shop.test/');
  t.is(life.is('Degraded'), 'False AsExpected');
});
