#!/usr/bin/env node
/** The composition root: only here is `process` touched. */
import { systemClock } from './clock.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { say } from './io.ts';
import { run } from './program.ts';
import { checkArguments } from './texts.ts';

const { stdin, stdout, stderr, env, argv } = process;
const interruption = new AbortController();
const signals = { SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated } as const;
for (const [signal, exitCode] of Object.entries(signals)) {
  // A second one ends the process, as it does without a handler.
  process.once(signal, () => interruption.abort(new CliError('interrupted', exitCode)));
}
stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // The reader of the output has enough of it: the end, as of any program in a pipe.
  if (code === 'EPIPE') process.exit(exitCodes.brokenPipe);
  say({ stderr }, `standard output: ${message}`);
  process.exit(exitCodes.failure);
});
// Messages that cannot be written are lost; the exit code still says how it ended.
stderr.on('error', () => {});

const { signal } = interruption;
const io = { stdin, stdout, stderr, env, clock: systemClock, signal };
const exitCode = await runChecked();
// What a slow reader of a pipe has not taken yet would be lost with the process.
await Promise.all([stdout, stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))));
process.exit(exitCode);

async function runChecked(): Promise<number> {
  try {
    checkArguments(argv.slice(2));
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    say(io, error.message);
    return error.exitCode;
  }
  return run(argv.slice(2), io);
}
