/** A short run of `npm run budgets`, without what depends on how fast the machine is; and how its figures are judged. */
import test from 'ava';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { type Measured, measure, type Part } from './measure.ts';
import { missed, table } from './report.ts';
import { fill, setAt } from './worst-clients.ts';

test.serial('beside a worst client others are answered, probes are, and all of it is measured', async (t) => {
  const service = await ServiceProcess.start({ dataDir: temporaryFolder(t) });
  t.teardown(() => service.kill());
  await fill(setAt(service));
  const kind = 'headers: 2000 of nearly 16 KiB without their end';
  const { alone, beside, memory } = await measure(service, kind, { rounds: 1, seconds: 1 });
  t.deepEqual([alone.length, beside.length], [1, 1]);
  for (const part of [...alone, ...beside]) {
    t.is(part.failed, 0);
    t.true(part.reads > 0 && part.writes > 0 && part.slowest > 0 && part.work > 0);
  }
  t.true(memory > 0 && memory < 480);
});

const part = { reads: 100, writes: 100, slowest: 60, work: 49, failed: 0 };
const rounds = (...changes: readonly Partial<Part>[]) => changes.map((change) => ({ ...part, ...change }));
const alone = rounds({}, {}, {});
const good: Measured = {
  kind: 'a',
  alone,
  // One round of three may be bad: what else the machine does is in it.
  beside: rounds({ reads: 20, work: 90, slowest: 200 }, { reads: 60, writes: 60 }, { reads: 90, writes: 55, work: 30 }),
  memory: 100,
};

test('the middle of the rounds is judged, and a probe by what the service did while it waited', (t) => {
  t.deepEqual(missed([good]), []);
  t.regex(table([good]), /^\| a \| 60% \| 60% \| 49 \(90\) \| 49 \(49\) \| 60 \(200\) \| 100 \|$/m);
});

const bad: Readonly<Record<string, Partial<Measured>>> = {
  'slow reads': { beside: rounds({}, { reads: 40 }, { reads: 40 }) },
  'slow writes': { beside: rounds({ writes: 90 }, { writes: 40 }, { writes: 30 }) },
  'reads that are slow in the same rounds as those alone': {
    alone: rounds({ reads: 50 }, { reads: 500 }, { reads: 500 }),
    beside: rounds({ reads: 50 }, { reads: 100 }, { reads: 200 }),
  },
  'a probe that waited': { beside: rounds({ work: 51 }, { work: 51 }, {}) },
  'a probe that failed': { beside: rounds({ failed: 1 }, {}, {}) },
  'memory without bounds': { memory: 481 },
};

for (const [what, change] of Object.entries(bad)) {
  test(`reported: ${what}`, (t) => {
    t.is(missed([{ ...good, ...change }]).length, 1);
  });
}
