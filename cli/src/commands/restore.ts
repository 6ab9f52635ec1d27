import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { aheadOfClock, latestBackup } from '../files/backups.ts';
import { say } from '../io.ts';
import { readLines } from '../pairs/lines.ts';
import { checkOnlyPairsOf } from '../pairs/same-pairs.ts';
import { importFile } from './import.ts';

export const addRestore: AddCommand = (command, run) =>
  command
    .command('restore')
    .description('import a backup into a store that holds nothing else; exit code 4 when it does')
    .argument('<path>', 'a file, or a folder of backups, for the newest in it')
    .action(
      run<[string], { quiet?: boolean }>(async (context, options, path) => {
        const file = (await isFolder(path)) ? await latestBackup(path) : path;
        const ahead = aheadOfClock(file, context.clock.now());
        // Also with --quiet: which one is the newest may be wrong.
        if (ahead !== undefined) say(context, `${ahead}; name a file to restore another one`);
        if (options.quiet !== true) say(context, `restoring ${file}`);
        await checkOnlyPairsOf(() => readLines(createReadStream(file)), context.client);
        await importFile(context, file, options);
      }),
    );

/** @throws CliError (notFound) when there is no such file or folder */
async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new CliError(`there is no backup ${path}`, exitCodes.notFound, cause);
  }
}
