/**
 * `npm run check:linearizable -- [--fresh-reads=lease] FAULTS SEED OPERATIONS`: a long schedule of faults, its history
 * checked by two checkers, one of them Porcupine (built with Go). Defaults: reads by the barrier, 60 faults, a random
 * seed, no end before the last fault; with OPERATIONS it ends when so many were done; SIGINT ends it early. Prints
 * operations, faults and the verdicts; fails on a violation, and when reads by lease were asked for and none was.
 */
import { oneOf, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { seededRandom } from '../../test-support/seeded-random.ts';
import { randomSchedule } from './faults/schedule.ts';
import type { Operation } from './history/operation.ts';
import { gone } from './history/registers.ts';
import { violations } from './judge/linearizable.ts';
import { porcupine } from './judge/porcupine.ts';
import { run } from './run.ts';

const {
  faults: count,
  seed,
  operations: enough,
  'fresh-reads': freshReads,
} = scriptArguments({
  words: {
    faults: wholeNumber({ default: 60, from: 0, to: 100_000 }),
    seed: wholeNumber({ default: Date.now() % 1_000_000, from: 0 }),
    operations: wholeNumber({ default: Number.POSITIVE_INFINITY, from: 1 }),
  },
  options: { 'fresh-reads': oneOf(['barrier', 'lease'], 'barrier') },
});
const schedule = randomSchedule(count, freshReads, seededRandom(seed));
const injected: Record<string, number> = {};

console.log(
  `${count} faults, fresh reads by ${freshReads}, seed ${seed}${enough < Number.POSITIVE_INFINITY ? `, until ${enough} operations` : ''}`,
);
const started = performance.now();
const since = () => Math.round((performance.now() - started) / 1000);
// With a number of operations, the faults are spread over them.
const between = enough === Number.POSITIVE_INFINITY ? 200 : Math.max(200, Math.floor(enough / count));
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
const result = await run({
  ...{ schedule, freshReads, seed, between, enough, signal: interrupted.signal },
  teams: 8,
  onFault: (name, operations) => {
    injected[name] = (injected[name] ?? 0) + 1;
    console.log(`- ${name} (${operations} operations in ${since()} s)`);
  },
});
const { history, errors, mirrored, leases } = result;
const counted = (of: (operation: Operation) => boolean) => history.filter(of).length;
const writes = history.filter(({ kind }) => kind === 'write');
console.log(
  `${history.length} operations in ${since()} s: ${counted(({ kind }) => kind === 'read')} reads, ${writes.length} writes`,
);
console.log(`writes on conditions that held: ${counted(({ replaces }) => replaces !== undefined)}`);
console.log(`writes on conditions that did not hold: ${counted(({ kind }) => kind === 'refused')}`);
console.log(`writes that another one replaced within its transaction: ${counted(({ tag = '' }) => tag.includes('~'))}`);
console.log(`deletions: ${counted(({ value, kind }) => kind === 'write' && value === gone)}`);
const unknown = writes.filter(({ end }) => end === Number.POSITIVE_INFINITY).length;
console.log(`writes of unknown outcome: ${unknown}; refused or lost: ${JSON.stringify(Object.fromEntries(errors))}`);
console.log(`watch events: ${mirrored.events}; copies compared with the store: ${mirrored.compared}`);
console.log(`increments and reads of counters: ${result.counted}`);
if (freshReads === 'lease') {
  const byLease = leases.reads - leases.byBarrier;
  console.log(
    `reads that the processes answered: ${leases.reads}, about ${byLease} by lease; ${leases.byBarrier} by barrier`,
  );
  console.log(
    `a replica held a lease in ${Math.round(leases.held * 100)}% of samples; ${JSON.stringify(leases.counts)}`,
  );
  if (byLease <= 0 || leases.held === 0) process.exitCode = 1;
}
console.log(`faults: ${JSON.stringify(injected)}`);

report('entity tags, copies and counters', result.faults);
report('own checker', violations(history));
const verdict = await porcupine(history);
console.log(`Porcupine: ${verdict}`);
if (verdict !== 'linearizable') process.exitCode = 1;
console.log(`checked after ${since()} s; ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`);

function report(what: string, found: readonly string[]): void {
  console.log(`${what}: ${found.length === 0 ? 'nothing wrong' : `${found.length} violations`}`);
  for (const violation of found.slice(0, 20)) console.log(`  ${violation}`);
  if (found.length > 0) process.exitCode = 1;
}
