/** POST /get of 100 keys against GET of one: 0.2 of the answers are 20 times the keys. */
import { gets, posts } from '../../load/requests.ts';
import { keyOf, scattered } from '../data.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { target } from './against.ts';

const pairs = 10_000;
const batch = 100;

export const batchGet: Row = {
  name: 'batch-get',
  title: 'POST /get of 100 keys against GET /get/{key}, 10,000 keys',
  async open(bench) {
    const keys = scattered(pairs, pairs).map(keyOf);
    const bodies = Array.from({ length: pairs / batch }, (_, i) =>
      JSON.stringify(keys.slice(i * batch, (i + 1) * batch)),
    );
    const server = await startKvstore(bench, { pairs });
    const [many, one] = ['100 keys', 'one key'];
    return {
      targets: [
        target(many, server, posts('/get', bodies)),
        target(one, server, gets(keys.map((key) => `/get/${key}`))),
      ],
      bars: [{ of: many, against: one, figure: 'rate', atLeast: 0.2 }],
    };
  },
};
