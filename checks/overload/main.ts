/**
 * `npm run overload -- SECONDS`: offers the service 20 times what it can do, for a minute or as long as it is told.
 * Prints what became of all requests; fails when a promise was broken.
 */
import { decimal } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { run } from './run.ts';
import { brokenPromises, summaryText } from './summary.ts';

const { seconds } = scriptArguments({ words: { seconds: decimal({ default: 60, from: 1, to: 600 }) } });
const summary = await run(seconds);
console.log(summaryText(summary));
for (const promise of brokenPromises(summary)) {
  console.log(`BROKEN: ${promise}`);
  process.exitCode = 1;
}
