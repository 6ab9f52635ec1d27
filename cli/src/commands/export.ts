import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { exportToFile } from '../files/export-file.ts';
import { say, write } from '../io.ts';
import { exportPairs } from '../pairs/export-pairs.ts';
import { startProgress } from '../progress.ts';

interface Options {
  readonly resume?: boolean;
  readonly oneState?: boolean;
  readonly quiet?: boolean;
}

export const addExport: AddCommand = (command, run) =>
  command
    .command('export')
    .description('write every pair as a line of JSON')
    .argument('[file]', 'replaced once the export is whole (until then: <file>.partial); without it, standard output')
    .option('--resume', 'go on behind the last whole line of <file>.partial')
    .option('--one-state', 'a stream that breaks begins again instead of going on in a later state of the store')
    .action(
      run<[string | undefined], Options>(async (context, options, file) => {
        const { client, stdout, stderr } = context;
        let pairs = 0;
        const bar = startProgress(file === undefined && stdout.isTTY === true ? undefined : stderr, undefined);
        const onPairs = (more: number): void => {
          pairs += more;
          bar.update(0, pairs);
        };
        const { resume = false, oneState = false } = options;
        if (resume && (oneState || file === undefined)) {
          throw new CliError('--resume goes with a file, and not with --one-state', exitCodes.usage);
        }
        const onBroken = ({ message }: Error): void => {
          if (oneState) pairs = 0;
          const next = oneState ? 'beginning again' : 'going on in a later state of the store';
          say(context, `${message}; ${next}`);
        };
        try {
          if (file !== undefined) await exportToFile(client, file, { resume, oneState, onPairs, onBroken });
          else {
            const take = async (lines: Buffer, more: number): Promise<void> => {
              await write(stdout, lines);
              onPairs(more);
            };
            // What went into a pipe cannot be taken back.
            await exportPairs(client, { take, onBroken: oneState ? undefined : onBroken });
          }
        } finally {
          bar.stop();
        }
        if (options.quiet !== true) say(context, `${pairs} pairs exported`);
      }),
    );
