/** GET /get/{key} of 10,000 keys. */
import { keyOf, scattered } from '../data.ts';
import { gets } from '../load/requests.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startPlain } from '../servers/plain.ts';
import { startRaw } from '../servers/raw.ts';
import { names, ofRaw, target } from './against.ts';

const pairs = 10_000;

export const get: Row = {
  name: 'get',
  title: 'GET /get/{key}, 10,000 keys',
  async open(bench) {
    const requests = gets(scattered(pairs, pairs).map((n) => `/get/${keyOf(n)}`));
    const kvstore = await startKvstore(bench, { pairs });
    const raw = await startRaw(bench, kvstore, requests[0] ?? { path: '/' });
    const plain = await startPlain(bench, pairs);
    return {
      targets: [
        target(bench, names.kvstore, kvstore, requests),
        target(bench, names.raw, raw, requests),
        target(bench, names.plain, plain, requests),
      ],
      bars: [ofRaw(0.86)],
    };
  },
};
