/** What is sent and read against all fields that etcd has. */
import { fileURLToPath } from 'node:url';
import { messageType } from '@kvstore/etcd/schema.ts';
import test from 'ava';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { decodeRange, decodeTxn, decodeWatch } from '../../../../src/store/etcd/wire/decode.ts';
import { encodeRange, encodeTxn } from '../../../../src/store/etcd/wire/encode.ts';

const whole = fileURLToPath(new URL('whole.proto', import.meta.url));
const root = new protobuf.Root().loadSync(whole, { keepCase: true });

const type = (name: string) => root.lookupType(`etcdserverpb.${name}`);
/** As etcd reads it. */
const read = (name: string, bytes: Uint8Array) =>
  type(name).toObject(type(name).decode(bytes), { longs: String, enums: String, defaults: false });
/** As etcd writes it. */
const written = (name: string, message: object) =>
  Buffer.from(type(name).encode(type(name).fromObject(message)).finish());

test('fields are those of etcd, by name, number and type', (t) => {
  for (const theirs of (root.lookup('etcdserverpb') as protobuf.Namespace).nestedArray) {
    if (!(theirs instanceof protobuf.Type) || theirs.name === 'PutResponse') continue;
    for (const { name, id, type: kind, repeated } of messageType(theirs.name).fieldsArray) {
      const field = theirs.fields[name];
      // An answer of which nothing is read.
      const wanted = kind === 'Done' ? 'PutResponse' : kind;
      t.deepEqual([field?.id, field?.type, field?.repeated], [id, wanted, repeated], `${theirs.name}.${name}`);
    }
  }
});

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const int64 = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);
const uint64 = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);

const range = fc.record(
  { key: bytes, range_end: bytes, limit: number, revision: number, keys_only: fc.boolean() },
  { requiredKeys: ['key'] },
);
const operation = fc.oneof(
  fc
    .record({ key: bytes, value: bytes, lease: int64 }, { requiredKeys: ['key', 'value'] })
    .map((put) => ({ request_put: put })),
  range.map((asked) => ({ request_range: asked })),
  fc.record({ key: bytes }).map((deletion) => ({ request_delete_range: deletion })),
);
const operations = fc.array(operation, { maxLength: 20 });
const compare = fc.record({
  key: bytes,
  result: fc.constantFrom('EQUAL' as const, 'GREATER' as const),
  mod_revision: fc.oneof(fc.constantFrom(-1, 0), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
});

const asRead = (object: object): object => {
  const entries = Object.entries(object).map(([name, value]) => {
    if (typeof value === 'number') return [name, String(value)];
    if (Buffer.isBuffer(value) || typeof value !== 'object') return [name, value];
    return [name, asRead(value)];
  });
  return Object.fromEntries(entries);
};

test('a range request is what etcd reads', (t) => {
  fc.assert(
    fc.property(range, (request) => {
      t.deepEqual(read('RangeRequest', encodeRange(request)), asRead(request));
    }),
  );
});

test('a transaction is what etcd reads: comparisons, puts, ranges, deletions', (t) => {
  fc.assert(
    fc.property(fc.array(compare, { maxLength: 5 }), operations, operations, (comparisons, success, failure) => {
      const found = read('TxnRequest', encodeTxn({ compare: comparisons, success, failure }));
      t.deepEqual(found.success ?? [], success.map(asRead));
      t.deepEqual(found.failure ?? [], failure.map(asRead));
      // A revision of 0 is there, too: it is one of several that a comparison may have.
      const wanted = comparisons.map((each) => asRead({ ...each, target: 'MOD' }));
      t.deepEqual(found.compare ?? [], wanted);
    }),
  );
});

const keyValue = fc.record({
  key: bytes,
  value: bytes,
  create_revision: number,
  mod_revision: number,
  version: number,
  lease: fc.option(int64, { nil: '0' }),
});
const header = fc.record({ cluster_id: uint64, member_id: uint64, revision: number, raft_term: number });
const used = ({ key, value, mod_revision, lease }: { [name: string]: unknown }) => ({
  key,
  value,
  mod_revision,
  lease,
});
const usedHeader = ({ cluster_id, revision, raft_term }: { [name: string]: unknown }) => ({
  ...{ cluster_id, revision, raft_term },
});

test('answers to a range, with numbers of 64 bits', (t) => {
  const answer = fc.record({ header, kvs: fc.array(keyValue, { maxLength: 5 }), more: fc.boolean(), count: number });
  fc.assert(
    fc.property(answer, (message) => {
      const wanted = { header: usedHeader(message.header), kvs: message.kvs.map(used), more: message.more };
      t.deepEqual(decodeRange(written('RangeResponse', message)), wanted as never);
    }),
  );
});

test('answers to a transaction', (t) => {
  const response = fc.oneof(
    fc.constant({ sent: { response_put: { header: { revision: 5 } } }, wanted: {} }),
    fc.constant({ sent: { response_put: {} }, wanted: {} }),
    number.map((deleted) => {
      return {
        sent: { response_delete_range: { header: {}, deleted } },
        wanted: { response_delete_range: { deleted } },
      };
    }),
    fc.array(keyValue, { maxLength: 3 }).map((kvs) => {
      const none = { cluster_id: '0', revision: 0, raft_term: 0 };
      const wanted = { response_range: { header: none, kvs: kvs.map(used), more: false } };
      return { sent: { response_range: { kvs } }, wanted };
    }),
  );
  fc.assert(
    fc.property(header, fc.boolean(), fc.array(response, { maxLength: 10 }), (head, succeeded, responses) => {
      const message = { header: head, succeeded, responses: responses.map(({ sent }) => sent) };
      t.deepEqual(decodeTxn(written('TxnResponse', message)), {
        ...{ header: usedHeader(head), succeeded, responses: responses.map(({ wanted }) => wanted) },
      } as never);
    }),
  );
});

test('responses of a watch', (t) => {
  const event = fc.record({ type: fc.constantFrom('PUT' as const, 'DELETE' as const), kv: keyValue });
  const response = fc.record({
    ...{ created: fc.boolean(), canceled: fc.boolean(), fragment: fc.boolean(), cancel_reason: fc.string() },
    ...{ compact_revision: number, events: fc.array(event, { maxLength: 5 }) },
  });
  fc.assert(
    fc.property(header, response, (head, message) => {
      const sent = written('WatchResponse', { header: head, watch_id: 3, ...message });
      const events = message.events.map(({ type: kind, kv }) => ({ type: kind, kv: used(kv) }));
      t.deepEqual(decodeWatch(sent), { ...message, events } as never);
    }),
  );
});

test('an answer that is cut off or no protobuf is an error, not half an answer', (t) => {
  const whole = written('TxnResponse', { header: { revision: 7 }, responses: [{ response_put: {} }] });
  const header = 4;
  for (let length = 1; length < whole.length; length++) {
    // Cut between two fields, it is another whole message.
    if (length === header) continue;
    t.throws(() => decodeTxn(whole.subarray(0, length)), undefined, `${length} of ${whole.length} bytes`);
  }
  t.throws(() => decodeWatch(Buffer.from([0x07, 0xff])));
});
