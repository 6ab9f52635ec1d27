import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '@kvstore/core/make-folder.ts';
import { looserThanPrivate, privateFolder } from '@kvstore/core/private-files.ts';
import { refuseLimitedToken } from '../client/rights.ts';
import type { AddCommand } from '../command.ts';
import { aheadOfClock, nameBackup, pruneBackups, removeHalfBackups } from '../files/backups.ts';
import { exportToFile, partialName } from '../files/export-file.ts';
import { say } from '../io.ts';
import { wholeNumber } from '../settings.ts';

export const addBackup: AddCommand = (command, run) =>
  command
    .command('backup')
    .description('export one state of the store into a folder, under a name made of the time')
    .argument('<folder>', 'made when missing')
    .requiredOption('--keep <number>', 'delete all but so many of the newest', wholeNumber(1, 100_000))
    .action(
      run<[string], { keep: number; quiet?: boolean }>(async (context, { keep, quiet }, folder) => {
        makeFolder(folder, privateFolder);
        if (quiet !== true && looserThanPrivate(folder).length > 0) {
          say(context, `other users may read what is in ${folder}: chmod -R go= ${folder}`);
        }
        await refuseLimitedToken(context.client);
        // First, so that there is room.
        await removeHalfBackups(folder, context.clock.now());
        const name = nameBackup(context.clock.now());
        let pairs = 0;
        const file = join(folder, name);
        const exporting = exportToFile(context.client, file, {
          resume: false,
          oneState: true,
          onPairs(more) {
            pairs += more;
          },
          onBroken({ message }) {
            pairs = 0;
            say(context, `${message}; beginning again`);
          },
        });
        await exporting.catch(async (error: unknown) => {
          // A half backup is of no use to anybody, and a full disk has no room for it.
          await rm(partialName(file), { force: true });
          throw error;
        });
        const { deleted, ahead } = await pruneBackups(folder, keep, name);
        // Also with --quiet: the next restore would take that one.
        if (ahead !== undefined) {
          say(context, `${aheadOfClock(ahead, context.clock.now()) ?? `${ahead} is newer`}; it was not deleted`);
        }
        if (quiet === true) return;
        say(context, `${pairs} pairs in ${name}${deleted.length === 0 ? '' : `; deleted ${deleted.join(', ')}`}`);
      }),
    );
