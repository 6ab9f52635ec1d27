/** Who owns a host, whatever the order in which stores and Ingresses come and go. */
import type { V1Ingress } from '@kubernetes/client-node';
import test from 'ava';
import { ownerReference } from '../../src/apply/ownership.ts';
import { buildIngress } from '../../src/desired/ingress.ts';
import { holderOf } from '../../src/exposure/claims.ts';
import type { IngressSpec, KvStore } from '../../src/kvstore.ts';
import { kvStore } from '../support/kvstore.ts';

function store(namespace: string, name: string, day: number, ingress: Partial<IngressSpec> = {}): KvStore {
  const made = kvStore({ ingress: { enabled: true, className: 'traefik', pages: false, ...ingress } });
  const creationTimestamp = `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`;
  return { ...made, metadata: { ...made.metadata, namespace, name, uid: `${namespace}-${name}`, creationTimestamp } };
}

function routeOf(kvstore: KvStore): V1Ingress {
  const ingress = buildIngress(kvstore);
  return { ...ingress, metadata: { ...ingress.metadata, ownerReferences: [ownerReference(kvstore)] } };
}

function foreign(day: number, host: string | undefined, paths: readonly string[], className = 'traefik'): V1Ingress {
  return {
    metadata: { namespace: 'other', name: 'site', creationTimestamp: `2026-01-0${day}T00:00:00Z` as unknown as Date },
    spec: {
      ingressClassName: className,
      rules: [
        {
          ...(host === undefined ? {} : { host }),
          http: { paths: paths.map((path) => ({ path, pathType: 'Prefix', backend: {} })) },
        },
      ],
    },
  };
}

const old = store('a', 'old', 1);
const young = store('b', 'young', 2);

test('of two stores without a host the oldest owns all hosts, across namespaces', (t) => {
  for (const stores of [
    [old, young],
    [young, old],
  ]) {
    t.is(holderOf(old, stores, []), undefined);
    t.is(holderOf(young, stores, []), 'KvStore a/old');
    t.is(holderOf(old, stores, [routeOf(old)]), undefined);
    t.is(holderOf(young, stores, [routeOf(old)]), 'KvStore a/old');
  }
});

test('both made in the same second: still exactly one', (t) => {
  const twin = store('b', 'twin', 1);
  const holders = [old, twin].map((each) => holderOf(each, [twin, old], []));
  t.deepEqual(holders, [undefined, 'KvStore a/old']);
});

test('another host, another class, no Ingress or a deletion is no conflict', (t) => {
  for (const other of [
    store('a', 'old', 1, { host: 'a.test' }),
    store('a', 'old', 1, { className: 'nginx' }),
    store('a', 'old', 1, { enabled: false }),
    { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-02-01T00:00:00Z' } },
  ]) {
    t.is(holderOf(young, [other, young], []), undefined);
  }
});

test('who has a route keeps it: an older store that takes the host over gets none', (t) => {
  const host = { host: 'shop.test' };
  const holder = store('b', 'young', 2, host);
  const moved = store('a', 'old', 1, host);
  const before = routeOf(store('a', 'old', 1, { host: 'before.test' }));
  t.is(holderOf(moved, [moved, holder], [before, routeOf(holder)]), 'KvStore b/young');
  t.is(holderOf(holder, [moved, holder], [before, routeOf(holder)]), undefined);
  t.is(holderOf(moved, [moved], [before]), undefined, 'and gets it once the other is gone');
});

test('both have a route, as an earlier version made them: the oldest keeps its own', (t) => {
  const routes = [routeOf(young), routeOf(old)];
  t.is(holderOf(old, [young, old], routes), undefined);
  t.is(holderOf(young, [young, old], routes), 'KvStore a/old');
});

test('at any time exactly one of many owns the host', (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    let state = seed;
    const random = (below: number): number => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
    const stores = Array.from({ length: 2 + random(5) }, (_, i) => store('n', `s${i}`, 1 + random(3)));
    const routes = stores.filter(() => random(3) === 0).map(routeOf);
    const owners = stores.filter((each) => holderOf(each, stores, routes) === undefined);
    t.is(owners.length, 1, `seed ${seed}`);
  }
});

test("an Ingress of somebody else with one of the API's paths counts, older or not yet opposed", (t) => {
  const shop = store('b', 'shop', 5, { host: 'shop.test' });
  const paths: readonly [path: string, taken: boolean][] = [
    ['/', true],
    ['/get', true],
    ['/get/', true],
    ['/get/a', true],
    ['/set', true],
    ['/watch', true],
    ['/shop', false],
    ['/getaway', false],
    ['/ui', false],
  ];
  for (const [path, taken] of paths) {
    t.is(holderOf(shop, [shop], [foreign(1, 'shop.test', [path])]), taken ? 'Ingress other/site' : undefined, path);
  }
  t.is(holderOf(shop, [shop], [foreign(1, 'other.test', ['/'])]), undefined);
  t.is(holderOf(shop, [shop], [foreign(1, undefined, ['/'])]), undefined, 'a host goes before all hosts');
  t.is(holderOf(shop, [shop], [foreign(1, 'shop.test', ['/'], 'nginx')]), undefined);
  t.is(holderOf(shop, [shop], [foreign(9, 'shop.test', ['/'])]), 'Ingress other/site', 'it was there first');
  t.is(holderOf(shop, [shop], [routeOf(shop), foreign(9, 'shop.test', ['/'])]), undefined);
  t.is(holderOf(shop, [shop], [routeOf(shop), foreign(1, 'shop.test', ['/'])]), 'Ingress other/site');
});

test('the route of a KvStore that cannot be read counts as well, and is named', (t) => {
  t.is(holderOf(young, [young], [routeOf(old)]), 'KvStore a/old');
});

/** As a restored backup or a hand leaves it. */
function unowned(kvstore: KvStore): V1Ingress {
  const { ownerReferences: _, ...metadata } = routeOf(kvstore).metadata ?? {};
  return { ...routeOf(kvstore), metadata };
}

test('an Ingress without its owner reference is no rival of the store that it leads to, and one of all others', (t) => {
  t.is(holderOf(old, [old, young], [unowned(old)]), undefined);
  t.is(holderOf(young, [old, young], [unowned(old)]), 'Ingress a/old');
  t.is(holderOf(old, [old, young], [unowned(young)]), 'Ingress b/young');
  const namesake = { ...old, metadata: { ...old.metadata, namespace: 'elsewhere', uid: 'elsewhere' } };
  t.is(holderOf(namesake, [namesake], [unowned(old)]), 'Ingress a/old');
});

test('an Ingress made by hand that leads to the store itself is no rival', (t) => {
  const shop = store('b', 'shop', 5, { host: 'shop.test' });
  const byHand = (namespace: string, services: readonly string[]): V1Ingress => ({
    metadata: { namespace, name: 'by-hand' },
    spec: {
      ingressClassName: 'traefik',
      rules: services.map((name) => ({
        host: 'shop.test',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name, port: { number: 8080 } } } }] },
      })),
    },
  });
  t.is(holderOf(shop, [shop], [byHand('b', ['shop'])]), undefined);
  t.is(holderOf(shop, [shop], [byHand('b', ['shop', 'site'])]), 'Ingress b/by-hand');
  t.is(holderOf(shop, [shop], [byHand('a', ['shop'])]), 'Ingress a/by-hand');
});

test('a route that stands counts until it is gone, although its store asks for another host by now', (t) => {
  const before = store('a', 'old', 1, { host: 'before.test' });
  const moving = store('a', 'old', 1, { host: 'after.test' });
  const paused = { ...moving, spec: { ...moving.spec, paused: true } };
  const next = store('b', 'next', 2, { host: 'before.test' });
  for (const first of [moving, paused]) {
    t.is(holderOf(next, [first, next], [routeOf(before)]), 'KvStore a/old');
    t.is(holderOf(next, [first, next], [routeOf(moving)]), undefined);
  }
  const other = store('b', 'other', 2, { host: 'after.test' });
  t.is(holderOf(other, [moving, other], [routeOf(before)]), 'KvStore a/old', 'the older one is about to get it');
  t.is(holderOf(other, [paused, other], [routeOf(before)]), undefined, 'a paused one gets nothing');
});
