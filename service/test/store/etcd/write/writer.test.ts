/** The writer alone: its transactions end when and how the test says. */
import { status } from '@grpc/grpc-js';
import { Problem } from '@kvstore/core/problem.ts';
import { EtcdCallError } from '@kvstore/etcd/call-error.ts';
import test from 'ava';
import { Registry } from 'prom-client';
import { waitFor } from '../../../../../test-support/wait-for.ts';

import type { Endpoint } from '../../../../src/store/etcd/connect/endpoint.ts';
import { etcdMetrics } from '../../../../src/store/etcd/etcd-metrics.ts';
import { layout } from '../../../../src/store/etcd/layout.ts';
import { etcdDefaults } from '../../../../src/store/etcd/options.ts';
import type { TxnRequest, TxnResponse } from '../../../../src/store/etcd/wire/messages.ts';
import { writerOfSets } from '../../../../src/store/etcd/write/sets.ts';
import { WriteNonces } from '../../../../src/store/etcd/write/write-nonces.ts';
import { noSpans } from '../../../../src/store/spans.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { acknowledgedAtOnce } from '../without-readers.ts';

interface Sent {
  readonly keys: readonly string[];
  succeed(): void;
  fail(details: string): void;
}

function setUp() {
  const clock = new ManualClock();
  const sent: Sent[] = [];
  const keysOf = ({ success = [] }: TxnRequest) =>
    success.slice(1).map(({ request_put }) => String(request_put?.key).slice(`${etcdDefaults.prefix}k/`.length));
  const writer = writerOfSets({
    client: {
      member: async () => ({}) as Endpoint,
      avoid: () => {},
      callLeader: <T>(_method: string, request: object) => {
        const { promise, resolve, reject } = Promise.withResolvers<T>();
        const answer = { header: { revision: 7 }, responses: [] } as unknown as TxnResponse;
        sent.push({
          keys: keysOf(request as TxnRequest),
          succeed: () => resolve(answer as T),
          fail: (details) => reject(new EtcdCallError(details, status.INVALID_ARGUMENT, true)),
        });
        return promise;
      },
    },
    ...{ clock, layout: layout(etcdDefaults.prefix), limits: etcdDefaults, requestTimeout: 2000 },
    ...{ nonces: new WriteNonces(), timeline: () => '00000001', spans: noSpans },
    acknowledgements: acknowledgedAtOnce,
    metrics: etcdMetrics(new Registry(), { appliedRevision: () => 0, lag: () => 0, queuedWrites: () => 0 }),
  });
  /** Resolves with what became of the write. */
  const write = async (key: string, deadline: number) => {
    const set = {
      values: new Map([[key, Buffer.from('1')]]),
      lease: undefined,
      doubtful: new Set<string>(),
      deletes: false,
    };
    try {
      return (await writer.write(set, deadline)).revision;
    } catch (error) {
      return error instanceof Problem ? error.code : error;
    }
  };
  const transaction = async (place: number): Promise<Sent> => {
    await waitFor(`transaction ${place}`, () => sent.length > place);
    return sent[place] as Sent;
  };
  return { clock, sent, write, transaction };
}

for (const [why, details, pauses] of [
  ['etcd has no leader', 'etcdserver: no leader', true],
  ['it has too many operations', 'etcdserver: too many operations in txn request', false],
  ['it is too large', 'etcdserver: request is too large', false],
] as const) {
  test(`whose time ends while a transaction is under way that is not executed, since ${why}, is told so`, async (t) => {
    const { clock, sent, write, transaction } = setUp();
    const outcomes: unknown[] = [];
    void write('late', 70).then((outcome) => outcomes.push(outcome));
    const other = write('other', 2000);
    const first = await transaction(0);
    t.deepEqual(first.keys, ['late', 'other']);
    clock.pass(50);
    // Over, but the writer has not looked since.
    clock.pass(30);
    t.deepEqual(outcomes, []);
    first.fail(details);
    await waitFor('the late one is answered', () => outcomes.length > 0);
    t.deepEqual(outcomes, ['unavailable'], 'nothing was written, and it will not be');
    if (pauses) clock.pass(50);
    const second = await transaction(1);
    t.deepEqual(second.keys, ['other']);
    second.succeed();
    t.is(await other, 7);
    t.is(sent.length, 2);
  });
}
