/** An index of format 1, which had no checksums, is brought up to date when it is opened. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { reverseKey } from '@kvstore/core/key.ts';
import test, { type ExecutionContext } from 'ava';
import { open } from 'lmdb';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { damageProblem } from '../../../src/store/damage/damage.ts';
import { KeyIndex } from '../../../src/store/index/key-index.ts';
import { Meta } from '../../../src/store/index/meta.ts';
import { upgrade } from '../../../src/store/index/upgrade.ts';

/** Keys as format 1 stored them. */
const keyEncoder = {
  writeKey: (key: string, target: Buffer, start: number) => start + target.write(key, start),
  readKey: (source: Buffer, start: number, end: number) => source.toString('utf8', start, end),
};
const keys = ['a', 'key-1', 'key-2', 'ä', '😀', 'x'.repeat(1024), ...Array.from({ length: 12_000 }, (_, i) => `n${i}`)];
const valueOfKey = (key: string) => JSON.stringify(`${key} é`);
const deadlineOf = (i: number) => (i % 3 === 0 ? 4e12 + i : undefined);

/** As version 0.1.0 wrote it. */
async function oldIndex(t: ExecutionContext): Promise<string> {
  const directory = temporaryFolder(t);
  const root = open({ path: directory, noSubdir: false, maxDbs: 8, noSync: true, overlappingSync: false });
  const plain = { keyEncoder } as object;
  const meta = root.openDB<string, string>('meta', { encoding: 'string' });
  const forward = root.openDB<string, string>('forward', { encoding: 'string', useVersions: true, ...plain });
  const reversed = root.openDB<Buffer, string>('reversed', { encoding: 'binary', ...plain });
  const byKey = root.openDB<string, string>('expiries', { encoding: 'string', ...plain });
  const byTime = root.openDB<Buffer, string>('deadlines', { encoding: 'binary', ...plain });
  root.transactionSync(() => {
    keys.forEach((key, i) => {
      void forward.put(key, valueOfKey(key), i + 1);
      void reversed.put(reverseKey(key), Buffer.alloc(0));
      const deadline = deadlineOf(i);
      if (deadline === undefined) return;
      void byKey.put(key, String(deadline));
      void byTime.put(deadline.toString(16).padStart(12, '0') + key, Buffer.alloc(0));
    });
    void meta.put('format', '1');
    void meta.put('revision', String(keys.length));
    void meta.put('cluster', '77');
  });
  await root.close();
  return directory;
}

function isWhole(t: ExecutionContext, index: KeyIndex): void {
  keys.forEach((key, i) => {
    t.deepEqual(index.get(key), { value: valueOfKey(key), version: i + 1 });
    t.is(index.expires(key), deadlineOf(i));
  });
  t.is([...index.pairs({})].length, keys.length);
  t.is(index.keys({ suffix: '77' })[Symbol.iterator]().next().value, 'n10077');
  t.is(index.revision(), keys.length);
  t.is(index.meta('cluster'), '77');
}

test('all pairs, deadlines and settings are there, and stay when it is opened again', async (t) => {
  const directory = await oldIndex(t);
  const index = new KeyIndex({ directory, durable: true });
  isWhole(t, index);
  await index.close();
  const again = new KeyIndex({ directory, durable: true });
  isWhole(t, again);
  await again.close();
});

test('an upgrade that was interrupted goes on: any copy of the file as it was on the way is good', async (t) => {
  const directory = await oldIndex(t);
  const copies: string[] = [];
  const root = open({ path: directory, noSubdir: false, maxDbs: 12, noSync: true, overlappingSync: false });
  // What is on the disk after each of its commits, as a process that is killed leaves it.
  upgrade(root, new Meta(root, directory, damageProblem), () => {
    const to = temporaryFolder(t);
    copyFileSync(join(directory, 'data.mdb'), join(to, 'data.mdb'));
    copies.push(to);
  });
  await root.close();
  t.true(copies.length >= 3);
  for (const each of copies) {
    const half = new KeyIndex({ directory: each, durable: true });
    isWhole(t, half);
    await half.close();
  }
});
