/** Damage on the disk: what is not what was written is never served, and what the service cannot use is refused. */
import { copyFileSync, cpSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { Problem } from '../../src/errors.ts';
import { systemClock } from '../../src/store/clock.ts';
import { isDamage } from '../../src/store/damage.ts';
import { DataCheck } from '../../src/store/data-check.ts';
import { checkDataFile } from '../../src/store/data-file.ts';
import { KeyIndex } from '../../src/store/key-index.ts';
import { StoredData } from '../../src/store/pages/stored-data.ts';
import { flipBit, overwrite, placesOf } from '../support/damage.ts';

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
  }
  const found = keys.filter((key) => key.startsWith('key-1'));
  read(() => t.deepEqual(index.few('prefix', 'key-1', 1000), found, what));
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

test('a value that is damaged while the service runs: 500 data-corrupted, named, counted, and can be set again', async (t) => {
  const directory = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const set = async (pairs: object, headers = {}) =>
    (await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(pairs), headers })).status;
  t.is(await set({ bad: 'a text that is damaged', good: 1, other: 'another text that is damaged' }), 200);
  for (const text of ['a text that is damaged', 'another text that is damaged']) {
    for (const place of placesOf(join(directory, 'data.mdb'), text)) flipBit(join(directory, 'data.mdb'), 8 * place);
  }
  // Asked for in each way that there is: the short one, and that through the application.
  for (const path of ['/get/bad', '/get/%62ad', '/', '/?limit=10', '/search?prefix=b&values=true']) {
    const answer = await fetch(`${service.url}${path}`);
    t.is(answer.status, 500, path);
    t.is(((await answer.json()) as { code: string }).code, 'data-corrupted', path);
  }
  t.is((await fetch(`${service.url}/get/good`)).status, 200);
  t.is((await fetch(`${service.url}/get/none`)).status, 404);
  t.deepEqual(await (await fetch(`${service.url}/search?prefix=b`)).json(), ['bad']);
  t.is(await set({ bad: 2 }, { 'If-None-Match': '*' }), 500, 'what a condition has to know cannot be read');
  const said = service.log.filter(({ msg }) => String(msg).includes('the key "bad" is damaged'));
  t.is(said.length, 1, 'once, however often it is asked for');
  t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_data_damage_total\{part="value"\} [1-9]/);
  t.is(await set({ bad: 2 }), 200);
  t.is((await fetch(`${service.url}/delete`, { method: 'POST', body: '["other"]' })).status, 200);
  t.is((await fetch(`${service.url}/get/other`)).status, 404);
  t.is(await (await fetch(`${service.url}/get/bad`)).text(), '2');
});

test('the data folder is removed under a running service: not ready, writes 503, reads go on, one line', async (t) => {
  for (const replaced of [false, true]) {
    const directory = join(temporaryFolder(t), 'data');
    const service = await startService(t, { env: { KV_DATA_DIR: directory } });
    const set = () => fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' });
    t.is((await set()).status, 200);
    const copy = join(temporaryFolder(t), 'copy');
    cpSync(directory, copy, { recursive: true });
    rmSync(directory, { recursive: true });
    if (replaced) {
      mkdirSync(directory);
      cpSync(copy, directory, { recursive: true });
    }
    // The first write after it: looked at before it is acknowledged.
    const answer = await set();
    t.is(answer.status, 503);
    t.is(((await answer.json()) as { code: string }).code, 'data-folder-lost');
    await waitFor('not ready', async () => (await fetch(`${service.url}/readyz`)).status === 503);
    t.is(await (await fetch(`${service.url}/get/a`)).text(), '1');
    t.is((await fetch(`${service.url}/livez`)).status, 200);
    t.is(service.log.filter(({ msg }) => String(msg).includes('is gone or was replaced')).length, 1);
    t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_data_folder_lost 1/);
    await service.stop('SIGINT');
  }
});

test('without a write it is noticed as well', async (t) => {
  const directory = join(temporaryFolder(t), 'data');
  const service = await startService(t, { env: { KV_DATA_DIR: directory } });
  const file = join(directory, 'data.mdb');
  renameSync(file, `${file}.away`);
  await waitFor('not ready', async () => (await fetch(`${service.url}/readyz`)).status === 503);
  renameSync(`${file}.away`, file);
  await waitFor('ready again', async () => (await fetch(`${service.url}/readyz`)).status === 200);
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body: '{"a":1}' })).status, 200);
  t.true(readFileSync(file).length > 0);
});

test('a check while the index is written to finds nothing wrong; then a damaged page is found', async (t) => {
  const directory = temporaryFolder(t);
  const index = new KeyIndex({ directory, durable: false });
  t.teardown(() => index.close());
  const faults: string[] = [];
  const check = new DataCheck({
    directory,
    clock: systemClock,
    interval: 0,
    snapshot: () => index.snapshot(),
    onChecked: (fault) => {
      if (fault !== undefined) faults.push(fault);
    },
  });
  t.teardown(() => check.stop());
  let revision = 0;
  const write = () =>
    index.transact((writer) => {
      revision++;
      for (let i = 0; i < 300; i++) writer.put(`key-${(i * revision) % 2000}`, valueFor(i + revision), revision);
      writer.setRevision(revision);
    });
  for (let i = 0; i < 10; i++) await write();
  let done = false;
  const checked = check.run().finally(() => {
    done = true;
  });
  while (!done) await write();
  t.is(await checked, undefined);
  // Each page of branches: what comes next below it is another page.
  const file = join(directory, 'data.mdb');
  const bytes = readFileSync(file);
  for (let page = 2; page < bytes.length / 4096; page++) {
    if (bytes.readUInt16LE(page * 4096 + 18) === 1) flipBit(file, 8 * (page * 4096 + 20) + 1);
  }
  t.regex((await check.run()) ?? '', /data\.mdb is damaged: page/);
  t.is(faults.length, 1);
  t.true(check.pause > 0, 'a check is followed by a pause as long as a hundred of them');
});

/** A write: which key, and how many characters its value has; undefined: the key is removed. */
const writes = fc.array(
  fc.record({ key: fc.nat(8), size: fc.option(fc.constantFrom(1, 500, 2100, 5000, 9000, 30_000), { nil: undefined }) }),
  { minLength: 1, maxLength: 12 },
);

test('what LMDB leaves is never taken for damage: keys that are written several times in a transaction, of any sizes', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(writes, { minLength: 1, maxLength: 12 }), async (transactions) => {
      const directory = temporaryFolder(t);
      const index = new KeyIndex({ directory, durable: false });
      const truth = new Map<string, string>();
      let revision = 0;
      for (const transaction of transactions) {
        await index.transact((writer) => {
          for (const { key: number, size } of transaction) {
            const key = `key-${number}`;
            revision++;
            if (size === undefined) {
              writer.remove(key);
              truth.delete(key);
              continue;
            }
            const value = JSON.stringify(`${revision}`.padEnd(size, '.'));
            writer.put(key, value, revision);
            truth.set(key, value);
          }
          writer.setRevision(revision);
        });
      }
      await index.close();
      checkDataFile(directory);
      const data = new StoredData(directory);
      const found = new Map([...data.pairs()].map(({ key, value }) => [key, value]));
      t.deepEqual(data.report().damages, []);
      data.close();
      t.deepEqual([...found].sort(), [...truth].sort());
    }),
    {
      numRuns: 60,
      examples: [
        [
          [
            [
              { key: 1, size: 9000 },
              { key: 1, size: 1 },
            ],
          ],
        ],
      ],
    },
  );
});

/** Takes the last child from each page of branches that has some: keys below it are found by no search. */
function hideKeys(file: string): () => void {
  const bytes = readFileSync(file);
  const hidden: number[] = [];
  for (let page = 2; page < bytes.length / 4096; page++) {
    const [flags, lower] = [bytes.readUInt16LE(page * 4096 + 18), bytes.readUInt16LE(page * 4096 + 20)];
    if (flags === 1 && lower > 24 + 2 * 4) hidden.push(page * 4096 + 20);
  }
  const write = (by: number) => {
    for (const place of hidden) {
      const lower = Buffer.alloc(2);
      lower.writeUInt16LE(bytes.readUInt16LE(place) + by);
      overwrite(file, place, lower);
    }
  };
  write(-2);
  return () => write(0);
}

test('a page that hides keys while the service runs: no search passes over it in silence, and it goes on when it is mended', async (t) => {
  const directory = temporaryFolder(t);
  const service = await startService(t, { env: { KV_DATA_DIR: directory, KV_CHECK_INTERVAL: '50ms' } });
  const keys = Array.from({ length: 3000 }, (_, i) => `key-${String(i).padStart(4, '0')}`);
  const body = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1])));
  t.is((await fetch(`${service.url}/set`, { method: 'POST', body })).status, 200);
  const search = async (path: string) => {
    const response = await fetch(`${service.url}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const whole = await search('/search?prefix=key-2999');
  t.is(whole.text, '["key-2999"]');
  const mend = hideKeys(join(directory, 'data.mdb'));
  for (const path of ['/search?prefix=key-2', '/search?suffix=9', '/search?prefix=key-2999', '/']) {
    await waitFor(`${path} is refused`, async () => (await search(path)).status === 500);
    t.regex((await search(path)).text, /data-corrupted/);
  }
  t.is((await search('/get/key-0001')).status, 200);
  t.regex(await (await fetch(`${service.url}/metrics`)).text(), /kvstore_data_damage_total\{part="page"\} [1-9]/);
  mend();
  await waitFor('it is searched again', async () => (await search('/search?prefix=key-2999')).status === 200);
  t.deepEqual(await search('/search?prefix=key-2999'), whole);
  t.is(JSON.parse((await search('/search?prefix=key-2')).text).length, 1000);
});
