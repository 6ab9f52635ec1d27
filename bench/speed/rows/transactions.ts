/** POST /transaction against a set on the same condition, and POST /increment of one key against plain sets. */
import { findBinary } from '../../../test-support/programs/binaries.ts';
import { posts, type Request } from '../../load/requests.ts';
import { keyOf, scattered, value } from '../data.ts';
import type { Bar, Bench, LoadedTarget, Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { target } from './against.ts';
import { startOnEtcd } from './etcd-gateway.ts';

const pairs = 1000;
const order = scattered(pairs, pairs).map(keyOf);
const needs = { etcd: () => findBinary('etcd') !== undefined };

type Server = Parameters<typeof target>[1];
type Open = (bench: Bench) => Promise<Server>;

const embedded: Open = (bench) => startKvstore(bench, { pairs });
const overEtcd: Open = async (bench) => (await startOnEtcd(bench)).kvstore;

/** Against the conditional set, in turn at one service. */
function transactionRow(name: string, title: string, open: Open): Row {
  return {
    name,
    title,
    async open(bench) {
      const server = await open(bench);
      const [transaction, set] = ['transaction', 'set with If-Match'];
      const headers = { 'If-Match': '*' };
      const sets = order.map((key): Request => ({ path: '/set', body: `{"${key}":${value}}`, headers }));
      const bodies = order.map((key) => `{"if":{"${key}":"*"},"set":{"${key}":${value}}}`);
      const targets = [target(transaction, server, posts('/transaction', bodies)), target(set, server, sets)];
      return { targets, bars: [bar(transaction, set, 0.8)] };
    },
  };
}

/** All callers on one key. */
function incrementRow(name: string, title: string, open: Open): Row {
  return {
    name,
    title,
    async open(bench) {
      const server = await open(bench);
      const [increment, set] = ['increment of one key', 'plain sets'];
      const sets = posts(
        '/set',
        order.map((key) => `{"${key}":${value}}`),
      );
      const targets: LoadedTarget[] = [
        target(increment, server, posts('/increment', ['{"visits":1}'])),
        target(set, server, sets),
      ];
      return { targets, bars: [bar(increment, set, 0.5)] };
    },
  };
}

const bar = (of: string, against: string, atLeast: number): Bar => ({ of, against, figure: 'rate', atLeast });

export const transactions: readonly Row[] = [
  transactionRow('transaction', 'POST /transaction against a set with If-Match', embedded),
  {
    ...transactionRow('etcd-transaction', 'etcd mode: POST /transaction against a set with If-Match', overEtcd),
    needs,
  },
  incrementRow('increment', 'POST /increment of one key by all callers against plain sets', embedded),
  {
    ...incrementRow(
      'etcd-increment',
      'etcd mode: POST /increment of one key by all callers against plain sets',
      overEtcd,
    ),
    needs,
  },
];
