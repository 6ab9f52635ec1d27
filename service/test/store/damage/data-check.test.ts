/** The checks of a data file: what LMDB has written is no damage. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoredData } from '@kvstore/core/data-folder/pages/stored-data.ts';
import test from 'ava';
import fc from 'fast-check';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { systemClock } from '../../../src/store/clock.ts';
import { DataCheck } from '../../../src/store/damage/data-check.ts';
import { checkDataFile } from '../../../src/store/files/data-file.ts';
import { KeyIndex } from '../../../src/store/index/key-index.ts';
import { flipBit } from '../../support/damage.ts';
import { ManualClock } from '../../support/manual-clock.ts';

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
      for (let i = 0; i < 300; i++)
        writer.put(
          `key-${(i * revision) % 2000}`,
          JSON.stringify((i + revision) % 25 === 0 ? 'long '.repeat(1000) : `value ${i + revision}`),
          revision,
        );
      writer.setRevision(revision);
    });
  for (let i = 0; i < 10; i++) await write();
  let done = false;
  const checked = check.run().finally(() => {
    done = true;
  });
  while (!done) await write();
  t.is(await checked, undefined);
  // Of all pages: a check that ends at the first damaged one may be shorter than the kernel counts.
  t.true(check.pause > 0, 'a check is followed by a pause as long as a hundred of them');
  // Each page of branches: what comes next below it is another page.
  const file = join(directory, 'data.mdb');
  const bytes = readFileSync(file);
  for (let page = 2; page < bytes.length / 4096; page++) {
    if (bytes.readUInt16LE(page * 4096 + 18) === 1) flipBit(file, 8 * (page * 4096 + 20) + 1);
  }
  t.regex((await check.run()) ?? '', /data\.mdb is damaged: page/);
  t.is(faults.length, 1);
});

test('a check that takes long is broken off after half a minute, for it keeps pages from being used again', async (t) => {
  const directory = temporaryFolder(t);
  const index = new KeyIndex({ directory, durable: false });
  t.teardown(() => index.close());
  const clock = new ManualClock();
  let open = 0;
  const check = new DataCheck({
    ...{ directory, clock, interval: 0 },
    snapshot: () => {
      open++;
      return { close: () => void open-- };
    },
    onChecked: () => t.fail('it has no verdict'),
  });
  t.teardown(() => check.stop());
  const checked = check.run();
  t.is(open, 1);
  clock.pass(30_000);
  await t.throwsAsync(checked, { message: /ended early/ });
  t.is(open, 0);
  t.is(check.pause, 100 * 30_000);
});

test('a check that is under way when the store closes is broken off, and lets go of its snapshot', async (t) => {
  const directory = temporaryFolder(t);
  const index = new KeyIndex({ directory, durable: false });
  let isOpen = false;
  const check = new DataCheck({
    ...{ directory, clock: systemClock, interval: 0 },
    snapshot: () => {
      isOpen = true;
      const snapshot = index.snapshot();
      return {
        close() {
          isOpen = false;
          snapshot.close();
        },
      };
    },
    onChecked: () => t.fail('it was broken off'),
  });
  const running = check.run();
  t.true(isOpen);
  const broken = t.throwsAsync(running, { message: /ended early/ });
  await check.stop();
  await broken;
  t.false(isOpen);
  await t.throwsAsync(check.run());
  await index.close();
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
