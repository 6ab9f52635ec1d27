/** GET /get/{key} of 10,000 keys. */
import { keyOf, scattered } from '../data.ts';
import { gets } from '../load/requests.ts';
import type { Row } from '../row.ts';
import { ofRaw, threeTargets } from './against.ts';

const pairs = 10_000;

export const get: Row = {
  name: 'get',
  title: 'GET /get/{key}, 10,000 keys',
  async open(bench) {
    const requests = gets(scattered(pairs, pairs).map((n) => `/get/${keyOf(n)}`));
    return { targets: await threeTargets(bench, pairs, requests), bars: [ofRaw(0.86)] };
  },
};
