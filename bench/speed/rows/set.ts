/** POST /set of one pair, flushed to disk before its answer. */
import { keyOf, scattered, value } from '../data.ts';
import { posts } from '../load/requests.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startOneByOne } from '../servers/one-by-one.ts';
import { startRaw } from '../servers/raw.ts';
import { names, target } from './against.ts';

const pairs = 10_000;
const [index, log] = ['one by one, same index', 'one by one, a log file'];

export const set: Row = {
  name: 'set',
  title: 'POST /set, one pair, flushed',
  async open(bench) {
    const requests = posts(
      '/set',
      scattered(pairs, pairs).map((n) => `{"${keyOf(n)}":${value}}`),
    );
    const kvstore = await startKvstore(bench, { pairs });
    const raw = await startRaw(bench, kvstore, requests[0] ?? { path: '/' });
    return {
      targets: [
        target(bench, names.kvstore, kvstore, requests),
        target(bench, index, await startOneByOne(bench, 'index'), requests),
        target(bench, log, await startOneByOne(bench, 'log'), requests),
        target(bench, names.raw, raw, requests),
      ],
      bars: [{ of: names.kvstore, against: index, figure: 'rate', atLeast: 20 }],
    };
  },
};
