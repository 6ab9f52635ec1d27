/**
 * `npm run faults -- MINUTES SEED MODE`: random faults under a checked workload. Defaults: 1 minute of faults in each
 * mode, a random seed, both modes (`embedded`, `etcd`). Prints what was done and found; fails when a write was lost, an
 * answer stale, or the system did not recover.
 */
import { run } from './run.ts';
import { summaryText } from './summary.ts';
import { modes } from './system.ts';

const [minutes = '1', seedText = String(Date.now() % 1_000_000), mode] = process.argv.slice(2);
const chosen = modes.filter((each) => mode === undefined || mode === each);
const seed = Number(seedText);
const seconds = Number(minutes) * 60;
if (chosen.length === 0 || !(seconds > 0 && seconds <= 6 * 3600) || !Number.isSafeInteger(seed)) {
  console.error('Arguments: MINUTES (up to 360), SEED (a whole number), MODE (embedded or etcd)');
  process.exit(2);
}
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
for (const each of chosen) {
  console.log(`${each}: ${minutes} minutes, seed ${seed}`);
  const summary = await run({
    ...{ mode: each, seconds, seed, signal: interrupted.signal },
    onFault: (names) => console.log(`- ${names.join(' + ')}`),
  });
  console.log(`${summaryText(summary)}\nreplay: npm run faults -- ${minutes} ${seed} ${each}`);
  if (summary.lostOrStale.length > 0 || summary.failure !== undefined) process.exitCode = 1;
}
