/** What the etcd store's readers and builders make of anything at all. */
import { compareKeys, parseKey } from '@kvstore/core/key.ts';
import test from 'ava';
import fc from 'fast-check';
import { decodeValue, layout, within } from '../../../src/store/etcd/layout.ts';
import { type EtcdRevision, RevisionReader } from '../../../src/store/etcd/replicate/changes.ts';
import type { WatchEvent, WatchResponse } from '../../../src/store/etcd/wire/messages.ts';
import { deadlineOf, idsPerDeadline, leaseIdFor } from '../../../src/store/etcd/write/lease-id.ts';
import { anyKey, jsonTokens, spaced, whiteSpace } from '../../support/arbitraries.ts';

const anyPrefix = fc.constantFrom('/kvstore/', '/', 'a', 'é', '/kvstore/k/', '\u{10ffff}', 'head');
const bytes = fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array));
const anyDeadline = fc.integer({ min: 1_735_689_600_000, max: 2 ** 42 - 1 });
const anyLease = fc.oneof(
  fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String),
  fc.tuple(anyDeadline, fc.nat({ max: idsPerDeadline - 1 })).map(([deadline, random]) => leaseIdFor(deadline, random)),
);

test('a key comes back from its place, which is in the range of keys and never that of the head key', (t) => {
  const property = fc.property(anyPrefix, anyKey, anyKey, (prefix, key, other) => {
    const keyspace = layout(prefix);
    const encoded = keyspace.encode(key);
    t.is(keyspace.decode(encoded), key);
    t.true(within(keyspace.keys, encoded));
    t.true(within(keyspace.all, encoded));
    t.false(encoded.equals(keyspace.head));
    t.true(within(keyspace.all, keyspace.head));
    t.false(within(keyspace.keys, keyspace.head));
    const [order, wanted] = [Buffer.compare(encoded, keyspace.encode(other)), compareKeys(key, other)];
    t.is(Math.sign(order), Math.sign(wanted), 'etcd and the index have one order');
  });
  fc.assert(property, { numRuns: 500 });
});

test('whatever lies in the range is a key that a client could have sent, or none', (t) => {
  const property = fc.property(anyPrefix, bytes, (prefix, rest) => {
    const keyspace = layout(prefix);
    const place = Buffer.concat([Buffer.from(`${prefix}k/`), rest]);
    const key = keyspace.decode(place);
    if (key === undefined) return;
    t.is(parseKey(key), key);
    t.true(keyspace.encode(key).equals(place));
  });
  fc.assert(property, { numRuns: 1000 });
});

test('a value is the JSON text that lies there, or none', (t) => {
  const json = fc.tuple(jsonTokens, whiteSpace).map(([tokens, spaces]) => Buffer.from(spaced(tokens, spaces)));
  const good = fc.property(json, (value) => t.is(decodeValue(value), value.toString()));
  fc.assert(good, { numRuns: 300 });
  const any = fc.property(bytes, (value) => {
    const text = decodeValue(value);
    if (text === undefined) return;
    t.notThrows(() => JSON.parse(text));
    t.true(Buffer.from(text).equals(value));
  });
  fc.assert(any, { numRuns: 1000 });
});

test('a lease is one of ours and has a deadline, or belongs to another client', (t) => {
  const ours = fc.property(anyDeadline, fc.nat({ max: idsPerDeadline - 1 }), (deadline, random) => {
    t.is(deadlineOf(leaseIdFor(deadline, random)), deadline);
  });
  fc.assert(ours, { numRuns: 500 });
  const any = fc.property(anyLease, (lease) => {
    const deadline = deadlineOf(lease);
    if (deadline === undefined) return;
    const random = Number(BigInt(lease) % BigInt(idsPerDeadline));
    t.is(leaseIdFor(deadline, random), lease, 'no id of another form is taken for ours');
  });
  fc.assert(any, { numRuns: 1000 });
});

const keyspace = layout('/p/');
const anyPlace = fc.oneof(
  { weight: 6, arbitrary: anyKey.map((key) => keyspace.encode(key)) },
  { weight: 2, arbitrary: bytes.map((rest) => Buffer.concat([Buffer.from('/p/k/'), rest])) },
  { weight: 1, arbitrary: bytes.map((rest) => Buffer.concat([Buffer.from('/p/'), rest])) },
);
const anyValue = fc.oneof(
  jsonTokens.map((tokens) => Buffer.from(tokens.join(''))),
  bytes,
);
const anyEvent = fc.record({
  ...{ type: fc.constantFrom<WatchEvent['type']>('PUT', 'PUT', 'DELETE'), key: anyPlace, value: anyValue },
  lease: fc.oneof(fc.constant('0'), anyLease),
});
const anyRevision = fc.record({
  // etcd takes a key once in a transaction.
  events: fc.uniqueArray(anyEvent, { minLength: 1, maxLength: 5, selector: ({ key }) => key.toString('latin1') }),
  head: fc.constantFrom<WatchEvent['type'] | undefined>(undefined, undefined, 'PUT', 'DELETE'),
});

/** As etcd sends them: revision after revision, from 5 on. */
function eventsOf(
  revisions: readonly (typeof anyRevision extends fc.Arbitrary<infer T> ? T : never)[],
): WatchEvent[][] {
  return revisions.map(({ events, head }, i) => {
    const mod_revision = i + 5;
    const told = events
      .filter(({ key }) => !key.equals(keyspace.head))
      .map(({ type, key, value, lease }) => ({ type, kv: { key, value, lease, mod_revision } }));
    const kv = { key: keyspace.head, value: Buffer.from('t'), lease: '0', mod_revision };
    return head === undefined ? told : [{ type: head, kv }, ...told];
  });
}

function response(events: readonly WatchEvent[], fragment = false): WatchResponse {
  return { created: false, canceled: false, cancel_reason: '', compact_revision: 0, fragment, events };
}

function reader() {
  let foreign = 0;
  return { revisions: new RevisionReader(keyspace, () => foreign++), foreign: () => foreign };
}

test('revisions are the same however their events are cut into responses', (t) => {
  const cuts = fc.array(fc.nat({ max: 40 }), { maxLength: 8 });
  const property = fc.property(fc.array(anyRevision, { minLength: 1, maxLength: 6 }), cuts, (list, at) => {
    const perRevision = eventsOf(list);
    const events = perRevision.flat();
    const whole = reader();
    const wanted = perRevision.flatMap((own) => (own.length === 0 ? [] : whole.revisions.read(response(own))));
    const pieces = reader();
    const borders = [...new Set(at.filter((cut) => cut < events.length))].sort((a, b) => a - b);
    const got: EtcdRevision[] = [];
    [...borders, events.length].forEach((end, i, ends) => {
      const fragment = i < ends.length - 1;
      const part = events.slice(ends[i - 1] ?? 0, end);
      got.push(...pieces.revisions.read(response(part, fragment)));
    });
    t.deepEqual(got, wanted);
    t.is(pieces.foreign(), whole.foreign());
  });
  fc.assert(property, { numRuns: 500 });
});

test('of what others put and delete every change is one of a key and a JSON text, and the rest is reported', (t) => {
  const property = fc.property(anyRevision, (one) => {
    const [events = []] = eventsOf([{ ...one, head: undefined }]);
    if (events.length === 0) return;
    const { revisions, foreign } = reader();
    const [revision] = revisions.read(response(events));
    let reported = 0;
    const wanted = events.flatMap(({ type, kv: { key, value, lease } }) => {
      if (!within(keyspace.keys, key)) return [];
      const name = keyspace.decode(key);
      const text = type === 'PUT' ? decodeValue(value) : undefined;
      if (type === 'PUT' && (name === undefined || text === undefined)) reported++;
      if (name === undefined) return [];
      const expires = text === undefined ? undefined : deadlineOf(lease);
      return [{ key: name, value: text, revision: 5, ...(expires === undefined ? {} : { expires }) }];
    });
    t.deepEqual(revision?.changes, wanted);
    t.is(foreign(), reported);
  });
  fc.assert(property, { numRuns: 1000 });
});
