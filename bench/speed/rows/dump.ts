/** GET / of 10,000 pairs, without writes and during writes. */
import { HttpConnection } from '../../load/http-connection.ts';
import { gets } from '../../load/requests.ts';
import { keyOf, value } from '../data.ts';
import type { LoadedTarget, Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { names, ofRaw, target, threeTargets } from './against.ts';

const pairs = 10_000;
const requests = gets(['/']);

const dump: Row = {
  name: 'dump',
  title: 'GET /, 10,000 pairs, no writes',
  async open(bench) {
    return { targets: await threeTargets(bench, pairs, requests), bars: [ofRaw(0.8)], slice: 200 };
  },
};

/** Milliseconds from one write to the next. */
const writeInterval = 10;

/** The same load, with one set after the other going on beside it in its slices. */
function whileWriting(loaded: LoadedTarget, port: number): LoadedTarget {
  return {
    ...loaded,
    async begin() {
      const [session, writer] = [await loaded.begin(), new HttpConnection(port)];
      let written = 0;
      let failed = 0;
      let last: Promise<unknown> = Promise.resolve();
      const write = () => {
        const body = `{"${keyOf((written++ * 7919) % pairs)}":${value}}`;
        last = last.then(() => writer.post('/set', body)).catch(() => failed++);
      };
      return {
        async slice(milliseconds) {
          const timer = setInterval(write, writeInterval);
          try {
            return await session.slice(milliseconds);
          } finally {
            clearInterval(timer);
            await last;
          }
        },
        async end() {
          writer.close();
          const summary = await session.end();
          return { ...summary, errors: summary.errors + failed };
        },
      };
    },
  };
}

const dumpWhileWriting: Row = {
  name: 'dump-writes',
  title: 'GET /, 10,000 pairs, a set every 10 ms',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const raw = await startRaw(bench, kvstore, { path: '/' });
    return {
      targets: [whileWriting(target(names.kvstore, kvstore, requests), kvstore.port), target(names.raw, raw, requests)],
      bars: [ofRaw(0.3)],
    };
  },
};

export const dumps = [dump, dumpWhileWriting];
