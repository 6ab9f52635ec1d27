/** Every row, in the table's order. */
import type { Row } from '../row.ts';
import { batchGet } from './batch-get.ts';
import { besideDumps } from './beside-dumps.ts';
import { dumps } from './dump.ts';
import { gateway } from './etcd-gateway.ts';
import { get } from './get.ts';
import { go } from './go.ts';
import { latency } from './latency.ts';
import { million } from './million.ts';
import { redis } from './redis.ts';
import { searches } from './search.ts';
import { sets } from './set.ts';
import { shapes } from './shapes.ts';
import { transactions } from './transactions.ts';

export const rows: readonly Row[] = [
  get,
  batchGet,
  ...searches,
  ...dumps,
  ...sets,
  ...shapes,
  ...go,
  latency,
  besideDumps,
  ...redis,
  ...gateway,
  ...transactions,
  million,
];
