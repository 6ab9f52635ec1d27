#!/usr/bin/env node
/** The composition root: only here is `process` touched. */
import { systemClock } from './clock.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { run } from './program.ts';

const { stdin, stdout, stderr, env, argv } = process;
const interruption = new AbortController();
const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;
for (const [signal, exitCode] of Object.entries(signals)) {
  // A second one ends the process, as it does without a handler.
  process.once(signal, () => interruption.abort(new CliError('interrupted', exitCode)));
}
// Whoever reads the output has enough of it: the end, as of any program in a pipe.
stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exit(code === 'EPIPE' ? exitCodes.brokenPipe : exitCodes.failure);
});

process.exit(await run(argv.slice(2), { stdin, stdout, stderr, env, clock: systemClock, signal: interruption.signal }));
