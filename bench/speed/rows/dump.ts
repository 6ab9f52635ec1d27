/** GET / of 10,000 pairs, without writes and during writes. */
import { BesideWrites } from '../../load/beside-writes.ts';
import { gets } from '../../load/requests.ts';
import { keyOf, scattered, value } from '../data.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { names, ofRaw, target, threeTargets } from './against.ts';

const pairs = 10_000;
const requests = gets(['/']);

const dump: Row = {
  name: 'dump',
  title: 'GET /, 10,000 pairs, no writes',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    return { targets: await threeTargets(bench, kvstore, pairs, requests), bars: [ofRaw(0.8)], slice: 200 };
  },
};

/** Sets a second beside the dumps. */
const perSecond = 100;
const bodies = scattered(pairs, pairs).map((n) => `{"${keyOf(n)}":${value}}`);

const dumpWhileWriting: Row = {
  name: 'dump-writes',
  title: 'GET /, 10,000 pairs, a set every 10 ms',
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const raw = await startRaw(bench, kvstore, { path: '/' });
    const loaded = target(names.kvstore, kvstore, requests);
    const { port } = kvstore;
    const begin = async () => new BesideWrites(await loaded.begin(), { port, perSecond, bodies });
    return {
      targets: [{ ...loaded, begin }, target(names.raw, raw, requests)],
      bars: [ofRaw(0.3)],
    };
  },
};

export const dumps = [dump, dumpWhileWriting];
