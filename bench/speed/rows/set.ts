/** POST /set of one pair, flushed to disk before its answer. */
import { canSlowDown } from '../../../checks/faults/slow-disk.ts';
import { posts } from '../../load/requests.ts';
import { keyOf, scattered, value } from '../data.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startOneByOne } from '../servers/one-by-one.ts';
import { startRaw } from '../servers/raw.ts';
import { names, target } from './against.ts';

const pairs = 10_000;
const [index, log] = ['one by one, same index', 'one by one, a log file'];

const set = setRow('set', 'POST /set, one pair, flushed');

/** A volume over a network takes milliseconds for a flush, where a virtual machine's disk may take a tenth of one. */
const slowDisk = setRow('set-slow-disk', 'POST /set, one pair, flushes that take 5 ms', 5);

/** `flushDelay`: see ServerOptions. */
function setRow(name: string, title: string, flushDelay?: number): Row {
  return {
    name,
    title,
    ...(flushDelay === undefined ? {} : { needs: { strace: canSlowDown } }),
    async open(bench) {
      const requests = posts(
        '/set',
        scattered(pairs, pairs).map((n) => `{"${keyOf(n)}":${value}}`),
      );
      const kvstore = await startKvstore(bench, { pairs, flushDelay });
      const raw = await startRaw(bench, kvstore, requests[0] ?? { path: '/' });
      return {
        targets: [
          target(names.kvstore, kvstore, requests),
          target(index, await startOneByOne(bench, 'index', flushDelay), requests),
          target(log, await startOneByOne(bench, 'log', flushDelay), requests),
          target(names.raw, raw, requests),
        ],
        bars: [{ of: names.kvstore, against: index, figure: 'rate', atLeast: 20 }],
        ...(flushDelay === undefined ? {} : { slice: 250 }),
      };
    },
  };
}

export const sets = [set, slowDisk];
