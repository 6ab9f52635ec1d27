/** Damage on the disk: what is not what was written is never served, and what the service cannot use is refused. */
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Problem } from '@kvstore/core/problem.ts';
import test, { type ExecutionContext } from 'ava';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { isDamage } from '../../../src/store/damage/damage.ts';
import { KeyIndex } from '../../../src/store/index/key-index.ts';
import { flipBit, overwrite } from '../../support/damage.ts';

/** How many single-bit flips are tried, over the whole file and once more over what LMDB's meta pages use. */
const flips = { anywhere: 150, inMetaPages: 50 };
const metaBytes = 170;

interface Written {
  readonly value: string;
  readonly version: number;
  readonly expires: number | undefined;
}

const valueFor = (i: number) => JSON.stringify(i % 25 === 0 ? 'long '.repeat(1000) : `value é ${i}`);

/** A data file with keys, values in pages of their own, deadlines, deletions and free pages. */
async function filled(t: ExecutionContext): Promise<{ file: string; truth: Map<string, Written>; revision: number }> {
  const directory = temporaryFolder(t);
  const index = new KeyIndex({ directory, durable: false });
  const truth = new Map<string, Written>();
  let revision = 0;
  for (let round = 0; round < 5; round++) {
    await index.transact((writer) => {
      for (let i = round; i < 400; i += round + 1) {
        const key = `key-${i}`;
        revision++;
        if (round === 4) {
          writer.remove(key);
          truth.delete(key);
          continue;
        }
        const expires = i % 4 === 0 ? 4e12 + i : undefined;
        writer.put(key, valueFor(i + round), revision, expires);
        truth.set(key, { value: valueFor(i + round), version: revision, expires });
      }
      writer.setRevision(revision);
    });
  }
  await index.close();
  return { file: join(directory, 'data.mdb'), truth, revision };
}

/** Everything that an index shows: what it shows is right, or it throws `data-corrupted`. Returns how often it threw. */
function readAll(t: ExecutionContext, index: KeyIndex, truth: ReadonlyMap<string, Written>, what: string): number {
  let thrown = 0;
  const read = (action: () => void) => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'data-corrupted')) throw error;
      thrown++;
    }
  };
  const keys = [...truth.keys()].sort();
  for (const [key, { value, version, expires }] of truth) {
    read(() => t.deepEqual(index.get(key), { value, version }, `${what}: ${key}`));
    read(() => t.is(index.expires(key), expires, `${what}: ${key}`));
  }
  read(() => t.is(index.get('no such key'), undefined, what));
  for (const reader of [index, index.snapshot()]) {
    read(() => t.deepEqual([...reader.keys({})], keys, what));
    read(() => {
      const pairs = [...reader.pairs({})].map(({ key, value, version }) => [key, value, version]);
      t.deepEqual(
        pairs,
        keys.map((key) => [key, truth.get(key)?.value, truth.get(key)?.version]),
        what,
      );
    });
    read(() =>
      t.deepEqual(
        [...reader.keys({ suffix: '7' })],
        keys.filter((key) => key.endsWith('7')),
        what,
      ),
    );
    read(() => t.deepEqual([...reader.keys({ reverse: true })], keys.toReversed(), what));
    const items = [...new Set(keys.map((key) => key.replace(/1.*/s, '1')))];
    for (const reverse of [false, true]) {
      read(() => {
        const folded = [...reader.search({ fold: { delimiter: '1', from: 0 }, reverse })];
        t.deepEqual(folded, reverse ? items.toReversed() : items, what);
      });
    }
  }
  const found = keys.filter((key) => key.startsWith('key-1'));
  read(() => t.deepEqual(index.searchBounded('prefix', 'key-1', 1000), found, what));
  return thrown;
}

/** Opens a copy of the file that was damaged. Undefined: it is refused for its damage. */
function openDamaged(t: ExecutionContext, file: string, damage: (copy: string) => void): KeyIndex | undefined {
  const directory = temporaryFolder(t);
  const copy = join(directory, 'data.mdb');
  copyFileSync(file, copy);
  damage(copy);
  try {
    return new KeyIndex({ directory, durable: false });
  } catch (error) {
    // A flipped bit in the format's number makes it another one, and an old one has to be upgraded.
    t.true(isDamage(error) || /has format/.test(String(error)), String(error));
    return undefined;
  }
}

test('no flipped bit is served: of values, keys, branch pages, meta pages, lists of free pages', async (t) => {
  const { file, truth, revision } = await filled(t);
  const bits = statSync(file).size * 8;
  let seed = 7;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const places = Array.from({ length: flips.anywhere }, () => random(bits));
  for (let i = 0; i < flips.inMetaPages; i++) places.push((i % 2) * 4096 * 8 + random(metaBytes * 8));
  const tally = { refused: 0, noticed: 0, harmless: 0 };
  for (const bit of places) {
    const index = openDamaged(t, file, (copy) => flipBit(copy, bit));
    if (index === undefined) {
      tally.refused++;
      continue;
    }
    if (readAll(t, index, truth, `bit ${bit}`) > 0) tally.noticed++;
    else tally.harmless++;
    t.is(index.revision(), revision);
    await index.close();
  }
  t.log(tally);
  t.true(tally.refused > 10 && tally.noticed > 10);
});

test('pages of zeros and of garbage, anywhere: refused or noticed, never a signal', async (t) => {
  const { file, truth } = await filled(t);
  const pages = statSync(file).size / 4096;
  for (let page = 0; page < pages; page += 3) {
    for (const bytes of [Buffer.alloc(4096), Buffer.alloc(4096, 0xa5)]) {
      const index = openDamaged(t, file, (copy) => overwrite(copy, page * 4096, bytes));
      if (index === undefined) continue;
      readAll(t, index, truth, `page ${page}`);
      await index.close();
    }
  }
  t.pass();
});
