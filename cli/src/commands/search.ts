import { parseMembers } from '@kvstore/core/json-members.ts';
import { withQuery } from '../client.ts';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { pairText } from '../pair-text.ts';
import { printable } from '../printable.ts';
import { wholeNumber } from '../settings.ts';

interface Options {
  readonly prefix?: string;
  readonly suffix?: string;
  readonly limit?: number;
  readonly values?: boolean;
  readonly json?: boolean;
}

/** Keys of one request. */
const pageSize = 1000;

export const addSearch: AddCommand = (command, run) =>
  command
    .command('search')
    .description('print the keys that begin and end so, in order, a line each')
    .option('--prefix <text>', 'how keys begin')
    .option('--suffix <text>', 'how keys end')
    .option('--limit <number>', 'at most so many', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--json', 'print keys as JSON texts: a key may hold the end of a line')
    .option('--values', 'print {"key":…,"value":…} instead')
    .action(
      run<[], Options>(async ({ client, stdout }, { prefix, suffix, limit, values, json }) => {
        if (prefix === undefined && suffix === undefined) {
          throw new CliError('give --prefix, --suffix or both', exitCodes.usage);
        }
        let left = limit ?? Number.POSITIVE_INFINITY;
        for (let after: string | undefined; left > 0; ) {
          const asked = String(Math.min(left, pageSize));
          const shown = values === true ? 'true' : undefined;
          const target = withQuery('/search', { prefix, suffix, limit: asked, after, values: shown });
          const { body, headers } = await client.send({ method: 'GET', target });
          const members = values === true ? parseMembers(body) : undefined;
          const keys = members === undefined ? (JSON.parse(body) as string[]) : [...members.keys()];
          const lines = keys.map((key) => {
            const value = members?.get(key);
            if (value !== undefined) return pairText(key, value);
            if (json === true) return `${JSON.stringify(key)}\n`;
            // A key with the end of a line in it is not two keys.
            return `${stdout.isTTY === true ? printable(key) : key}\n`;
          });
          if (lines.length > 0) await write(stdout, lines.join(''));
          left -= keys.length;
          after = keys.at(-1);
          if (headers.link === undefined || after === undefined) return;
        }
      }),
    );
