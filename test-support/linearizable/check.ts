/**
 * `npm run check:linearizable`: a long schedule of faults, its history checked by Porcupine (built with Go). Arguments:
 * the number of faults (default 60) and a seed. Prints operations, faults and the verdict; fails on a violation.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { faults } from './faults.ts';
import { type Operation, violations } from './history.ts';
import { seededRandom } from './random.ts';
import { gone } from './registers.ts';
import { run } from './run.ts';

const count = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const names = Object.keys(faults);
const random = seededRandom(seed);
const schedule = Array.from({ length: count }, () => names[Math.floor(random() * names.length)] ?? 'compaction');

console.log(`${count} faults, seed ${seed}`);
const started = performance.now();
const { history, errors } = await run({ schedule, seed, onFault: (name) => console.log(`- ${name}`) });
const seconds = Math.round((performance.now() - started) / 1000);
const of = (kind: Operation['kind']) => history.filter((operation) => operation.kind === kind);
const unknown = of('write').filter(({ end }) => end === Number.POSITIVE_INFINITY).length;
console.log(`${history.length} operations in ${seconds} s: ${of('read').length} reads, ${of('write').length} writes`);
const conditional = history.filter(({ replaces }) => replaces !== undefined).length;
const deletions = of('write').filter(({ value }) => value === gone).length;
console.log(`of these writes on conditions that held: ${conditional}, deletions: ${deletions}`);
console.log(`of these writes of unknown outcome: ${unknown}; refused: ${JSON.stringify(Object.fromEntries(errors))}`);

const own = violations(history);
console.log(`own checker: ${own.length === 0 ? 'linearizable' : `${own.length} violations`}`);
for (const violation of own.slice(0, 20)) console.log(`  ${violation}`);
// A write of unknown outcome that nobody saw may never have happened, and explains nothing: leaving it out changes no
// verdict, but each one doubles what Porcupine has to look at.
const seen = new Set(of('read').map(({ register, value }) => `${register} ${value}`));
const relevant = history.filter(
  ({ kind, register, value, end }) =>
    kind === 'read' || end !== Number.POSITIVE_INFINITY || seen.has(`${register} ${value}`),
);
const verdict = await porcupine(relevant);
console.log(`Porcupine: ${verdict}`);
if (own.length > 0 || verdict !== 'linearizable') process.exitCode = 1;

async function porcupine(operations: readonly Operation[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kvstore-history-'));
  try {
    const file = join(directory, 'history.json');
    // JSON has no Infinity: a negative end stands for it.
    await writeFile(
      file,
      JSON.stringify(operations, (_, value) => (value === Number.POSITIVE_INFINITY ? -1 : value)),
    );
    const cwd = new URL('porcupine/', import.meta.url);
    const { stdout } = await promisify(execFile)('go', ['run', '.', file], { cwd, maxBuffer: 1 << 24 });
    return stdout.trim();
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
