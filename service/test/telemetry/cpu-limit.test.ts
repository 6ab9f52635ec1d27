import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { cpuLimit } from '../../src/telemetry/cpu-limit.ts';

for (const [text, cores] of [
  ['10000 100000\n', 0.1],
  ['250000 100000\n', 2.5],
  ['max 100000\n', undefined],
  ['', undefined],
] as const) {
  test(`version 2, ${JSON.stringify(text)}`, async (t) => {
    const root = temporaryFolder(t);
    await writeFile(join(root, 'cpu.max'), text);
    t.is(cpuLimit(root), cores);
  });
}

for (const [quota, cores] of [
  ['50000\n', 0.5],
  ['-1\n', undefined],
] as const) {
  test(`version 1, ${JSON.stringify(quota)}`, async (t) => {
    const root = temporaryFolder(t);
    await mkdir(join(root, 'cpu'));
    await writeFile(join(root, 'cpu', 'cpu.cfs_quota_us'), quota);
    await writeFile(join(root, 'cpu', 'cpu.cfs_period_us'), '100000\n');
    t.is(cpuLimit(root), cores);
  });
}

test('no control group is no limit', (t) => {
  t.is(cpuLimit(temporaryFolder(t)), undefined);
});
