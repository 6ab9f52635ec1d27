/** GET /get/{key} of 10,000 keys. */
import { gets } from '../../load/requests.ts';
import { keyOf, scattered } from '../data.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { names, ofRaw, target, threeTargets, uncached } from './against.ts';

const pairs = 10_000;

export const get: Row = {
  name: 'get',
  title: 'GET /get/{key}, 10,000 keys',
  async open(bench) {
    const requests = gets(scattered(pairs, pairs).map((n) => `/get/${keyOf(n)}`));
    const [first = { path: '/' }, ...others] = requests;
    const kvstore = await startKvstore(bench, { pairs });
    const targets = [
      ...(await threeTargets(bench, kvstore, pairs, requests)),
      // What stores values cannot send one answer to all: this is the least that it takes to send each its own.
      target(names.rawEach, await startRaw(bench, kvstore, first, ...others), requests),
      await uncached(bench, pairs, requests),
    ];
    const bars = [ofRaw(0.8), { ...ofRaw(0.8), against: names.rawEach }, { ...ofRaw(0.8), of: names.uncached }];
    return { targets, bars };
  },
};
