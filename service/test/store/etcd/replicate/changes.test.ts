import test from 'ava';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { RevisionReader } from '../../../../src/store/etcd/replicate/changes.ts';
import type { WatchEvent, WatchResponse } from '../../../../src/store/etcd/wire/messages.ts';
import { leaseIdFor } from '../../../../src/store/etcd/write/lease-id.ts';

const keyspace = layout('/p/');

function put(key: string, value: string, revision: number): WatchEvent {
  const kv = { key: Buffer.from(`/p/${key}`), value: Buffer.from(value), mod_revision: revision, lease: '0' };
  return { type: 'PUT', kv };
}

function response(events: WatchEvent[], fragment = false): WatchResponse {
  return { created: false, canceled: false, cancel_reason: '', compact_revision: 0, fragment, events };
}

function reader() {
  const foreign: string[] = [];
  return { foreign, reader: new RevisionReader(keyspace, (key, why) => foreign.push(`${key.toString()}: ${why}`)) };
}

test('a response of several revisions gives each by itself, in order', (t) => {
  const [first, second, ...rest] = reader().reader.read(
    response([put('k/a', '1', 5), put('head', 'x', 5), put('k/a', '2', 6), put('k/b', '3', 6), put('head', 'y', 6)]),
  );
  t.is(first?.revision, 5);
  t.deepEqual(first?.changes, [{ key: 'a', value: '1', revision: 5 }]);
  t.is(first?.head?.revision, 5);
  t.is(second?.revision, 6);
  t.is(second?.changes.length, 2);
  t.not(second?.head?.token, first?.head?.token);
  t.deepEqual(rest, []);
});

test('a revision in fragments is given once it is whole, the ones before it at once', (t) => {
  const { reader: revisions } = reader();
  const first = revisions.read(response([put('k/a', '1', 5), put('k/b', '1', 6)], true));
  t.deepEqual(
    first.map(({ revision }) => revision),
    [5],
  );
  t.deepEqual(revisions.read(response([put('k/c', '1', 6)], true)), []);
  const last = revisions.read(response([put('k/d', '1', 6), put('head', 'x', 6), put('k/e', '1', 7)]));
  t.deepEqual(
    last.map(({ revision, changes }) => [revision, changes.map(({ key }) => key).join('')]),
    [
      [6, 'bcd'],
      [7, 'e'],
    ],
  );
  t.is(last[0]?.head?.revision, 6);
});

test('what others put: JSON is taken, the rest is reported and removes what was there', (t) => {
  const { reader: revisions, foreign } = reader();
  const [revision] = revisions.read(
    response([put('k/good', '{"a":1}', 5), put('k/bad', '{', 5), put('k/', '1', 5), put('elsewhere', '{', 5)]),
  );
  t.deepEqual(revision?.changes, [
    { key: 'good', value: '{"a":1}', revision: 5 },
    { key: 'bad', value: undefined, revision: 5 },
  ]);
  t.is(revision?.head, undefined);
  t.deepEqual(foreign, ['/p/k/bad: not JSON', '/p/k/: not a key']);
});

test('a head key in the same revision makes nothing a pair that is none', (t) => {
  const { reader: revisions, foreign } = reader();
  const [revision] = revisions.read(response([put('k/bad', '{', 5), put('head', 'x', 5)]));
  t.deepEqual(revision?.changes, [{ key: 'bad', value: undefined, revision: 5 }]);
  t.is(revision?.head?.revision, 5);
  t.deepEqual(foreign, ['/p/k/bad: not JSON']);
});

test('a lease of ours says when a key is gone, one of others does not', (t) => {
  const leased = (key: string, lease: string) => {
    const event = put(key, '1', 5);
    return { ...event, kv: { ...event.kv, lease } };
  };
  const deadline = 1_800_000_000_123;
  const [revision] = reader().reader.read(
    response([
      leased('k/ours', leaseIdFor(deadline, 7)),
      leased('k/other', '7587869264536567302'),
      leased('k/none', '0'),
    ]),
  );
  t.deepEqual(revision?.changes, [
    { key: 'ours', value: '1', revision: 5, expires: deadline },
    { key: 'other', value: '1', revision: 5 },
    { key: 'none', value: '1', revision: 5 },
  ]);
});

test('a deletion of a key is a change, that of the head key resets it', (t) => {
  const gone = (key: string) => ({ ...put(key, '', 9), type: 'DELETE' }) as WatchEvent;
  const [revision] = reader().reader.read(response([gone('k/a'), gone('head')]));
  t.deepEqual(revision?.changes, [{ key: 'a', value: undefined, revision: 9 }]);
  t.is(revision?.head?.revision, 0);
});
