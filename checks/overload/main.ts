/**
 * `npm run overload -- SECONDS`: offers the service 20 times what it can do, for a minute or as long as it is told.
 * Prints what became of all requests; fails when a promise was broken.
 */
import { run } from './run.ts';
import { brokenPromises, summaryText } from './summary.ts';

const [text = '60'] = process.argv.slice(2);
const seconds = Number(text);
if (!(seconds >= 1 && seconds <= 600)) {
  console.error('Argument: SECONDS (1 to 600)');
  process.exit(2);
}
const summary = await run(seconds);
console.log(summaryText(summary));
for (const promise of brokenPromises(summary)) {
  console.log(`BROKEN: ${promise}`);
  process.exitCode = 1;
}
