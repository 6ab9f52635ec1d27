/** GET /get/{key} at a rate far from the limit. */
import { PacedSession } from '../../load/paced.ts';
import { gets } from '../../load/requests.ts';
import type { PinnedServer } from '../../pinned.ts';
import { keyOf, scattered } from '../data.ts';
import type { LoadedTarget, Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { connections, names } from './against.ts';

const pairs = 10_000;
const rate = 500;

export const latency: Row = {
  name: 'latency',
  title: 'GET /get/{key} at 500 requests a second',
  async open(bench) {
    const requests = gets(scattered(pairs, pairs).map((n) => `/get/${keyOf(n)}`));
    const kvstore = await startKvstore(bench, { pairs });
    const raw = await startRaw(bench, kvstore, requests[0] ?? { path: '/' });
    const at = (name: string, { port, pids }: PinnedServer): LoadedTarget => ({
      name,
      pids,
      begin: async () => new PacedSession({ port, requests, connections, rate }),
    });
    return {
      targets: [at(names.kvstore, kvstore), at(names.raw, raw)],
      bars: [{ of: names.kvstore, against: names.raw, figure: 'p99', atMost: 2 }],
    };
  },
};
