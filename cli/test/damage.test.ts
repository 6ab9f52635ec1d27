/** Data folders that no service opens: what is sound is counted and saved, and nothing is changed. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockDirectory } from '@kvstore/core/data-folder/owner-lock.ts';
import test, { type ExecutionContext } from 'ava';
import { KeyIndex } from '../../service/src/store/index/key-index.ts';
import { flipBit, overwrite, placesOf } from '../../service/test/support/damage.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { cli } from './support/cli.ts';

interface Line {
  readonly key: string;
  readonly value: unknown;
  readonly revision: number;
  readonly expires?: number;
}

const textOf = (i: number, round: number) =>
  i % 40 === 0 ? `${'x'.repeat(6000)} ${i} ${round}` : `value ${i} ${round}`;

/** Pairs that were written, some of them twice, some with a deadline, some deleted; and what they are. */
async function filled(t: ExecutionContext): Promise<{ folder: string; file: string; truth: Map<string, Line> }> {
  const folder = temporaryFolder(t);
  const index = new KeyIndex({ directory: folder, durable: false });
  const truth = new Map<string, Line>();
  let revision = 0;
  for (let round = 0; round < 4; round++) {
    await index.transact((writer) => {
      for (let i = round; i < 1000; i += round + 1) {
        const key = `key-${i}`;
        revision++;
        if (round === 3 && i % 3 === 0) {
          writer.remove(key);
          truth.delete(key);
          continue;
        }
        const expires = i % 5 === 0 ? 4e12 + i : undefined;
        writer.put(key, JSON.stringify(textOf(i, round)), revision, expires);
        truth.set(key, { key, value: textOf(i, round), revision, ...(expires === undefined ? {} : { expires }) });
      }
      writer.setRevision(revision);
    });
  }
  await index.close();
  return { folder, file: join(folder, 'data.mdb'), truth };
}

function linesOf(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** Salvages: each line is what was written last, and the file is as it was. Returns the keys. */
async function salvage(t: ExecutionContext, folder: string, truth: ReadonlyMap<string, Line>): Promise<Set<string>> {
  const before = readFileSync(join(folder, 'data.mdb'));
  const { code, stdout, stderr } = await cli(t, ['salvage', folder]);
  t.is(code, 0, stderr);
  const lines = linesOf(stdout);
  for (const line of lines) t.deepEqual(line, truth.get(line.key), line.key);
  t.true(readFileSync(join(folder, 'data.mdb')).equals(before));
  return new Set(lines.map(({ key }) => key));
}

test('a sound folder: verify counts its pairs, salvage writes them all', async (t) => {
  const { folder, truth } = await filled(t);
  const verified = await cli(t, ['verify', folder]);
  t.is(verified.code, 0, verified.stderr);
  t.is(verified.stdout, `${truth.size} pairs are sound, 0 are not\n`);
  t.is((await salvage(t, folder, truth)).size, truth.size);
});

for (const [what, within] of [
  ['embedded data', ''],
  ["a replica's index", 'etcd-replica'],
] as const) {
  test(`a folder that a service uses, ${what}: refused, and not called damaged`, async (t) => {
    const owned = temporaryFolder(t);
    const folder = join(owned, within);
    const index = new KeyIndex({ directory: folder, durable: false });
    await index.transact((writer) => writer.put('a', '1', 1));
    await index.close();
    const lock = lockDirectory(owned);
    for (const command of ['verify', 'salvage']) {
      const { code, stdout, stderr } = await cli(t, [command, folder]);
      t.is(code, 8, stderr);
      t.is(stdout, '');
      t.regex(stderr, /a service uses .*Stop the service/);
      t.notRegex(stderr, /damaged/);
    }
    lock.release();
    t.is((await cli(t, ['verify', folder])).code, 0);
  });
}

test('a folder that is written to while it is read, by what holds no lock that can be seen: not called damaged', async (t) => {
  const { folder, truth } = await filled(t);
  const index = new KeyIndex({ directory: folder, durable: false });
  let revision = 1_000_000;
  let running = true;
  const writing = (async () => {
    while (running) {
      revision++;
      await index.transact((writer) => {
        for (const [i, key] of [...truth.keys()].entries()) {
          if (i % 50 === revision % 50)
            writer.put(key, String(revision).repeat(1 + (revision % 90)), revision, undefined);
        }
      });
    }
  })();
  for (let i = 0; i < 3; i++) {
    const { code, stderr } = await cli(t, ['verify', folder]);
    t.true(code === 8 || code === 0, stderr);
  }
  running = false;
  await writing;
  await index.close();
});

test('a flipped bit in a value: verify names the key, salvage leaves it out', async (t) => {
  const { folder, file, truth } = await filled(t);
  for (const place of placesOf(file, String(truth.get('key-77')?.value))) flipBit(file, 8 * place + 3);
  const verified = await cli(t, ['verify', folder]);
  t.is(verified.code, 1);
  t.regex(verified.stdout, /, 1 are not/);
  t.regex(verified.stderr, /the value of the key "key-77" is damaged/);
  t.is((await cli(t, ['verify', '--keys', folder])).stdout, '"key-77"\n');
  const keys = await salvage(t, folder, truth);
  t.is(keys.size, truth.size - 1);
  t.false(keys.has('key-77'));
});

test('any page but the first two lost: what is left is saved as it was written last, and no deleted key comes back', async (t) => {
  const { folder, file, truth } = await filled(t);
  const good = temporaryFolder(t);
  copyFileSync(file, join(good, 'data.mdb'));
  const pages = readFileSync(file).length / 4096;
  let worst = truth.size;
  for (let page = 2; page < pages; page += 13) {
    copyFileSync(join(good, 'data.mdb'), file);
    overwrite(file, page * 4096, page % 2 ? Buffer.alloc(4096) : Buffer.alloc(4096, 0xa5));
    const keys = await salvage(t, folder, truth);
    worst = Math.min(worst, keys.size);
  }
  t.true(worst > truth.size - 120, `${worst} of ${truth.size}`);
});

test('one meta page lost: it is the last state or the one before it, and is said', async (t) => {
  const { folder, file, truth } = await filled(t);
  const good = temporaryFolder(t);
  copyFileSync(file, join(good, 'data.mdb'));
  const sizes: number[] = [];
  for (const page of [0, 1]) {
    copyFileSync(join(good, 'data.mdb'), file);
    overwrite(file, page * 4096, Buffer.alloc(4096));
    const { code, stdout, stderr } = await cli(t, ['salvage', folder]);
    t.is(code, 0, stderr);
    t.regex(stderr, /the last commit may be missing/);
    sizes.push(linesOf(stdout).length);
  }
  t.true(sizes.includes(truth.size));
});

test('both meta pages lost: the newest copy of each pair is saved, with a warning', async (t) => {
  const { folder, file, truth } = await filled(t);
  overwrite(file, 0, Buffer.alloc(8192));
  const { code, stdout, stderr } = await cli(t, ['salvage', folder]);
  t.is(code, 0, stderr);
  t.regex(stderr, /some of these may have been changed or deleted since/);
  const saved = new Map(linesOf(stdout).map((line) => [line.key, line]));
  for (const [key, { value, revision }] of truth) {
    t.is(saved.get(key)?.value, value);
    t.is(saved.get(key)?.revision, revision);
  }
});

test('the output is a new file, never one that is there; what is no folder of a service is said', async (t) => {
  const { folder, truth } = await filled(t);
  const file = join(temporaryFolder(t), 'saved.jsonl');
  t.is((await cli(t, ['salvage', folder, file])).code, 0);
  t.is(linesOf(readFileSync(file, 'utf8')).length, truth.size);
  t.is((await cli(t, ['salvage', folder, file])).code, 1);
  t.is((await cli(t, ['verify', temporaryFolder(t)])).code, 3);
  const other = temporaryFolder(t);
  writeFileSync(join(other, 'data.mdb'), 'hello');
  const verified = await cli(t, ['verify', other]);
  t.is(verified.code, 1);
});
