/** A short run of `npm run budgets`, without what depends on how fast the machine is; and how its figures are judged. */
import test from 'ava';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { type Measured, measure } from './measure.ts';
import { missed, table } from './report.ts';
import { fill, setAt } from './worst-clients.ts';

test.serial('beside a worst client others are answered, probes are, and all of it is measured', async (t) => {
  const service = await ServiceProcess.start({ dataDir: temporaryFolder(t) });
  t.teardown(() => service.kill());
  await fill(setAt(service.port));
  const kind = 'headers: 2000 of nearly 16 KiB without their end';
  const { alone, beside, reads, writes, memory } = await measure(service, kind, { rounds: 1, seconds: 1 });
  for (const part of [alone, beside]) {
    t.is(part.failed, 0);
    t.true(part.reads > 0 && part.writes > 0 && part.slowest > 0 && part.work > 0);
  }
  t.deepEqual([reads.length, writes.length], [1, 1]);
  t.true(memory > 0 && memory < 480);
});

const part = { reads: 100, writes: 100, slowest: 60, work: 49, failed: 0 };
const good: Measured = { kind: 'a', reads: [0.2, 0.6, 0.9], writes: [0.6], alone: part, beside: part, memory: 100 };

test('the middle of the rounds is judged, and a probe by what the service did while it waited', (t) => {
  t.deepEqual(missed([good]), []);
  t.regex(table([good]), /^\| a \| 60% \| 60% \| 49 \| 60 \| 100 \|$/m);
});

const bad: Readonly<Record<string, Partial<Measured>>> = {
  'slow reads': { reads: [0.4] },
  'slow writes': { writes: [0.9, 0.4, 0.3] },
  'a probe that waited': { beside: { ...part, work: 51 } },
  'a probe that failed': { beside: { ...part, failed: 1 } },
  'memory without bounds': { memory: 481 },
};

for (const [what, change] of Object.entries(bad)) {
  test(`reported: ${what}`, (t) => {
    t.is(missed([{ ...good, ...change }]).length, 1);
  });
}
