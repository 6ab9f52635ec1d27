import type { AddCommand } from '../command.ts';
import { say, write } from '../io.ts';
import { watchPairs } from '../pairs/watch-pairs.ts';

interface Options {
  readonly prefix?: string;
  readonly suffix?: string;
  readonly after?: string;
}

export const addWatch: AddCommand = (command, run) =>
  command
    .command('watch')
    .description('print every change as a line of JSON, until interrupted; one without a value is a deletion')
    .option('--prefix <text>', 'only keys that begin so')
    .option('--suffix <text>', 'only keys that end so')
    .option('--after <version>', 'begin behind the write of this version; default: from now on')
    .action(
      run<[], Options>(async (context, { prefix, suffix, after }) => {
        const { client, stdout } = context;
        await watchPairs(client, {
          ...{ prefix, suffix, after },
          take: (line) => write(stdout, `${line}\n`),
          onGap: ({ message }) => say(context, `${message} Every pair written since is printed; deletions are not`),
        });
      }),
    );
