/** GET /get/{key} of 10,000 keys. */
import { gets } from '../../load/requests.ts';
import { keyOf, scattered } from '../data.ts';
import type { Row } from '../row.ts';
import { names, ofRaw, threeTargets, uncached } from './against.ts';

const pairs = 10_000;

export const get: Row = {
  name: 'get',
  title: 'GET /get/{key}, 10,000 keys',
  async open(bench) {
    const requests = gets(scattered(pairs, pairs).map((n) => `/get/${keyOf(n)}`));
    const targets = [...(await threeTargets(bench, pairs, requests)), await uncached(bench, pairs, requests)];
    return { targets, bars: [ofRaw(0.8), { ...ofRaw(0.8), of: names.uncached }] };
  },
};
