/**
 * `npm run faults -- MINUTES SEED MODE`: random faults under a checked workload. Defaults: 1 minute of faults in each
 * mode, a random seed, both modes (`embedded`, `etcd`). Prints what was done and found; fails when a write was lost, an
 * answer stale, or the system did not recover.
 */
import { decimal, oneOf, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { run } from './run.ts';
import { summaryText } from './summary.ts';
import { modes } from './system.ts';

const { minutes, seed, mode } = scriptArguments({
  words: {
    minutes: decimal({ default: 1, from: 0.01, to: 360 }),
    seed: wholeNumber({ default: Date.now() % 1_000_000, from: 0 }),
    mode: oneOf(modes),
  },
});
const seconds = minutes * 60;
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupted.abort());
for (const each of mode === undefined ? modes : [mode]) {
  console.log(`${each}: ${minutes} minutes, seed ${seed}`);
  const summary = await run({
    ...{ mode: each, seconds, seed, signal: interrupted.signal },
    onFault: (names) => console.log(`- ${names.join(' + ')}`),
  });
  console.log(`${summaryText(summary)}\nreplay: npm run faults -- ${minutes} ${seed} ${each}`);
  if (summary.lostOrStale.length > 0 || summary.failure !== undefined) process.exitCode = 1;
}
