import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { Checkpoint } from '../files/checkpoint.ts';
import { type Context, say } from '../io.ts';
import { importPairs } from '../pairs/import-pairs.ts';
import { readLines } from '../pairs/lines.ts';
import { startProgress } from '../progress.ts';
import { sayWhenTyped } from '../texts.ts';

interface Options {
  readonly checkpoint?: string;
  readonly keepGoing?: boolean;
  readonly quiet?: boolean;
}

export const addImport: AddCommand = (command, run) =>
  command
    .command('import')
    .description('set the pairs of an export; to import twice is the same as once')
    .argument('[file]', 'lines of JSON; without it, or for -, standard input')
    .option('--checkpoint <file>', 'remember there how far the import has come, and go on from there')
    .option('--keep-going', 'leave out lines that cannot be used, and end with exit code 1')
    .action(
      run<[string | undefined], Options>(async (context, options, file) => {
        await importFile(context, file === '-' ? undefined : file, options);
      }),
    );

/** @param file undefined: standard input */
export async function importFile(context: Context, file: string | undefined, options: Options): Promise<void> {
  const { client, stdin, stderr } = context;
  const checkpoint = options.checkpoint === undefined ? undefined : await Checkpoint.read(options.checkpoint);
  const found = file === undefined ? undefined : await stat(file);
  if (found?.isDirectory() === true) throw new CliError(`${file} is a folder`, exitCodes.usage);
  // Of a FIFO the size is not known.
  const bar = startProgress(stderr, found?.isFile() === true ? found.size : undefined);
  if (file === undefined) sayWhenTyped(context);
  const input = file === undefined ? stdin : createReadStream(file);
  const lines = readLines(input);
  let bad = 0;
  try {
    const counts = await importPairs(client, checkpoint?.rest(lines) ?? lines, {
      onBadLine(error) {
        if (options.keepGoing !== true) throw error;
        bad += 1;
        say(context, error.message);
      },
      async onWritten(line) {
        await checkpoint?.save(line);
        bar.update(line.end, line.number);
      },
    });
    await checkpoint?.remove();
    const expired = counts.expired === 0 ? '' : `, ${counts.expired} expired ones left out`;
    bar.stop();
    if (options.quiet !== true) say(context, `${counts.written} pairs imported${expired}`);
  } finally {
    bar.stop();
    input.destroy();
  }
  if (bad > 0) throw new CliError(`${bad} lines could not be used`);
}
