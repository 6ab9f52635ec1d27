/** A program of its own (see data-file.ts): reads every page of a data directory, and ends with 0 when all are there. */
import { argv } from 'node:process';
import { open } from 'lmdb';

const root = open({ path: argv[2] ?? '', noSubdir: false, maxDbs: 8, readOnly: true });
for (const name of ['meta', 'forward', 'reversed', 'expiries', 'deadlines']) {
  const table = root.openDB(name, { encoding: 'binary', keyEncoding: 'binary' });
  for (const { value } of table?.getRange({}) ?? []) Buffer.from(value);
}
await root.close();
