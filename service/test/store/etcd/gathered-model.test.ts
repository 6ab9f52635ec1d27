/** Requests of every kind that come at once, in one transaction or several, leave in etcd what a plain Map says. */
import { compareKeys } from '@kvstore/core/key.ts';
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import fc from 'fast-check';
import { EtcdCluster } from '../../../../test-support/etcd-cluster.ts';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { systemClock } from '../../../src/store/clock.ts';
import type { EtcdStore } from '../../../src/store/etcd/etcd-store.ts';
import { layout } from '../../../src/store/etcd/layout.ts';
import { deadlineOf } from '../../../src/store/etcd/write/lease-id.ts';
import type { Change, Revision } from '../../../src/store/store.ts';
import { anyKey, jsonTokens } from '../../support/arbitraries.ts';
import { newPrefix, openReady, pairsOf } from './harness.ts';
import { rawEtcd } from './raw-etcd.ts';

let etcd: EtcdCluster;

test.before(async () => {
  etcd = await EtcdCluster.start();
});

test.after.always(() => etcd?.stop());

/** A few keys, so that requests meet, and any key. */
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b', 'a/b', 'é', '__proto__', 'head') }, anyKey);
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 4 });
const value = jsonTokens.map((tokens) => tokens.join(''));
/** So long that nothing expires meanwhile. */
const ttl = fc.constantFrom(undefined, undefined, 100_000, 200_000);
const request = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), keys, value, ttl, absent: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), keys }) },
);
/** Groups of requests that are sent at once, each behind the one before it. */
const groups = fc.array(fc.array(request, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 });

interface Known {
  readonly value: string;
  readonly revision: number;
  readonly expires: number | undefined;
}

interface Written {
  readonly keys: readonly string[];
  /** Undefined: they were deleted. */
  readonly value: string | undefined;
  readonly expires: number | undefined;
  readonly absent: boolean;
  readonly revision: number;
  /** Of a deletion. */
  readonly deleted: number;
}

const wall = Date.UTC(2031, 0, 1);

/** Undefined: refused, because somebody was first. */
async function send(store: EtcdStore, one: typeof request extends fc.Arbitrary<infer T> ? T : never) {
  const { keys: names } = one;
  if (one.kind === 'delete') {
    return { keys: names, value: undefined, expires: undefined, absent: false, ...(await store.delete(names)) };
  }
  const pairs = names.map((name) => ({ key: name, value: one.value }));
  const condition = one.absent ? ({ absent: true } as const) : undefined;
  try {
    const { revision, overwritten } = await store.set(pairs, { condition, ttl: one.ttl });
    const expires = one.ttl === undefined ? undefined : wall + one.ttl * 1000;
    return { keys: names, value: one.value, expires, absent: one.absent, revision, overwritten, deleted: 0 };
  } catch (error) {
    if (error instanceof Problem && error.code === 'precondition-failed') return undefined;
    throw error;
  }
}

/** Is there an order of the sets in which each is whole and the last value of a key is what became of it? */
function explained(sets: readonly Written[], changes: ReadonlyMap<string, Change>): boolean {
  const left = new Set(sets);
  const covered = new Set<string>();
  const last = () =>
    [...left].find(({ keys: names, value: text, expires }) =>
      names.every((name) => {
        const change = changes.get(name);
        return covered.has(name) || (change?.value === text && change?.expires === expires);
      }),
    );
  for (let found = last(); found !== undefined; found = last()) {
    left.delete(found);
    for (const name of found.keys) covered.add(name);
  }
  return left.size === 0;
}

test('sets, deletions, conditions and times to live that are gathered', async (t) => {
  const clock = { ...systemClock, wall: () => wall };
  const prefix = newPrefix();
  const options = { endpoints: etcd.endpoints, prefix, clock, requestTimeout: 30_000 };
  const { store } = await openReady(t, options);
  const { store: other } = await openReady(t, options);
  const raw = rawEtcd(t, etcd.endpoints);
  const keyspace = layout(prefix);
  const model = new Map<string, Known>();
  const told: Revision[] = [];
  const { close } = other.watch(other.revision(), {
    opened() {},
    revision: (revision) => void told.push(revision),
    end: (problem) => t.fail(String(problem)),
  });
  t.teardown(close);

  /** The model after the revision, which must be what these requests say. */
  const follow = ({ revision, changes }: Revision, written: readonly Written[]) => {
    const changed = new Map(changes.map((change) => [change.key, change]));
    t.is(changed.size, changes.length, 'a key changes once in a revision');
    const sets = written.filter(({ value: text }) => text !== undefined);
    t.true(explained(sets, changed));
    for (const { keys: names, absent } of sets) if (absent) t.false(names.some((name) => model.has(name)));
    for (const { keys: names, value: text, deleted } of written) {
      if (text === undefined && deleted > 0) t.is(deleted, names.filter((name) => model.has(name)).length);
    }
    const asked = new Set(written.flatMap(({ keys: names }) => names));
    for (const { key: name, value: text, expires } of changes) {
      t.true(asked.has(name), 'nothing else is written');
      if (text === undefined) model.delete(name);
      else model.set(name, { value: text, revision, expires });
    }
    for (const { keys: names, value: text } of written) {
      if (text === undefined) t.false(names.some((name) => model.has(name)));
    }
  };

  const property = fc.asyncProperty(groups, async (list) => {
    for (const group of list) {
      const done = await Promise.all(group.map((one) => send(store, one)));
      await other.barrier();
      // A deletion of what was not there has written nothing.
      const writes = done.flatMap((one) =>
        one === undefined || (one.value ?? one.deleted) === 0 ? [] : [one.revision],
      );
      if (writes.length > 0) await waitFor('all is told', () => (told.at(-1)?.revision ?? 0) >= Math.max(...writes));
      for (const revision of told.splice(0)) {
        follow(
          revision,
          done.filter((one) => one !== undefined).filter((one) => one.revision === revision.revision),
        );
      }
    }
    const found = await raw.range(keyspace.keys.start, keyspace.keys.end);
    const inEtcd = found.map(({ key: place, value: text, mod_revision, lease }): [string, Known] => [
      keyspace.decode(place) ?? 'not a key',
      { value: text.toString(), revision: Number(mod_revision), expires: deadlineOf(lease) },
    ]);
    const inModel = [...model].sort(([a], [b]) => compareKeys(a, b));
    t.deepEqual(inEtcd, inModel);
    for (const each of [store, other]) {
      await each.barrier();
      t.deepEqual(pairsOf(each), Object.fromEntries(inModel.map(([name, known]) => [name, known.value])));
      for (const [name, { revision, expires }] of model) {
        t.is(each.get(name)?.version, revision);
        t.is(each.expires(name), expires);
      }
    }
    const [head] = await raw.range(keyspace.head, Buffer.concat([keyspace.head, Buffer.of(0)]));
    if (head !== undefined) t.is(Number(head.mod_revision), store.revision(), 'every write put the head key');
  });
  await fc.assert(property, { numRuns: 40 });
});
