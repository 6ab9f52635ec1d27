/** The commands, put together; what ends in an error becomes an exit code here. */
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { ServerError } from './client/server-error.ts';
import type { Run } from './command.ts';
import { addBackup } from './commands/backup.ts';
import { addDelete } from './commands/delete.ts';
import { addExport } from './commands/export.ts';
import { addGet } from './commands/get.ts';
import { addImport } from './commands/import.ts';
import { addIncr } from './commands/incr.ts';
import { addRestore } from './commands/restore.ts';
import { addSalvage } from './commands/salvage.ts';
import { addSearch } from './commands/search.ts';
import { addSet } from './commands/set.ts';
import { addStatus } from './commands/status.ts';
import { addSupportBundle } from './commands/support-bundle.ts';
import { addTransaction } from './commands/transaction.ts';
import { addVerify } from './commands/verify.ts';
import { addWatch } from './commands/watch.ts';
import { addWhoAmI } from './commands/whoami.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { type Io, say } from './io.ts';
import { printableLines } from './printable.ts';
import { type CommonOptions, createContext, withCommonOptions } from './settings.ts';

const commands = [
  ...[addGet, addSet, addDelete, addIncr, addTransaction, addSearch, addWatch],
  ...[addExport, addImport, addBackup, addRestore],
  ...[addStatus, addWhoAmI, addSupportBundle, addVerify, addSalvage],
];

const exitCodeHelp = `
Exit codes: 0 done, 1 failed, 2 wrong use, 3 not found, 4 a condition does not hold,
5 the token is missing or not good for this, 6 the store cannot be reached,
7 another store answers than --identity names, 8 a service uses the data folder,
9 what answers at the URL is not a KvStore.
`;

/** Runs one command line. @returns the exit code */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const program = new Command('kvstore-cli')
    .description('Works with a KvStore over HTTP.')
    .version(manifest.version)
    .addHelpText('after', exitCodeHelp);
  const runAction: Run =
    (action) =>
    async (...args) => {
      // Behind the arguments commander gives the options and the command.
      const options = args.at(-2) as CommonOptions;
      const context = createContext((args.at(-1) as Command).name(), options, io);
      try {
        await action(context, options as never, ...(args.slice(0, -2) as never));
      } finally {
        context.client.close();
      }
    };
  for (const add of commands) withCommonOptions(add(program, runAction));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(printableLines(text)),
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return exitCodeOf(error, io);
  }
}

function exitCodeOf(error: unknown, io: Io): number {
  // Commander has said it already, or was asked for help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  const known = io.signal.aborted ? io.signal.reason : error;
  say(io, known instanceof Error ? known.message : String(known));
  if (known instanceof ServerError && known.action !== undefined) say(io, known.action);
  return known instanceof CliError ? known.exitCode : exitCodes.failure;
}
