/** Single reads while ten clients take a dump of 100 MB each, against the same reads alone. */
import { join } from 'node:path';
import { BesideDumps } from '../../load/beside-dumps.ts';
import { PacedSession } from '../../load/paced.ts';
import { gets } from '../../load/requests.ts';
import type { Row } from '../row.ts';
import { runKvstore } from '../servers/kvstore.ts';

/** 100 MB, which is more than the service keeps as a text. */
const pairs = 1000;
const valueBytes = 100_000;

const rate = 500;
const connections = 20;
const dumps = { clients: 10, rate: 10_000_000 };

export const besideDumps: Row = {
  name: 'beside-dumps',
  title: 'GET of one key at 500 a second, while ten dumps of 100 MB go out at 10 MB/s each',
  async open(bench) {
    const server = bench.ending.use(await runKvstore(join(bench.scratch, 'large')));
    const { url, port, pids } = server;
    const value = JSON.stringify('x'.repeat(valueBytes));
    for (let i = 0; i < pairs; i++) {
      const body = `{"large-${i}":${value},"small-${i}":${i}}`;
      const answer = await fetch(`${url}/set`, { method: 'POST', body });
      if (!answer.ok) throw new Error(`set answered with ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
    }
    const requests = gets(Array.from({ length: pairs }, (_, i) => `/get/small-${i}`));
    const reads = () => new PacedSession({ port, requests, connections, rate });
    const [beside, alone] = ['beside dumps', 'alone'];
    return {
      targets: [
        { name: beside, pids, begin: async () => new BesideDumps(reads(), { port, ...dumps }) },
        { name: alone, pids, begin: async () => reads() },
      ],
      bars: [{ of: beside, against: alone, figure: 'p99' }],
      slice: 1000,
    };
  },
};
