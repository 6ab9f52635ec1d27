import { withQuery } from '../client/client.ts';
import { isFound } from '../client/shapes.ts';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { pairText } from '../pairs/pair-text.ts';
import { type Found, foundIn } from '../pairs/search-page.ts';
import { printable } from '../printable.ts';
import { wholeNumber } from '../settings.ts';

interface Options {
  readonly prefix?: string;
  readonly suffix?: string;
  readonly contains?: string;
  readonly delimiter?: string;
  readonly reverse?: boolean;
  readonly limit?: number;
  readonly values?: boolean;
  readonly json?: boolean;
}

/** Keys of one request. */
const pageSize = 1000;

export const addSearch: AddCommand = (command, run) =>
  command
    .command('search')
    .description('print the keys that have all texts given, in order, a line each')
    .option('--prefix <text>', 'how keys begin')
    .option('--suffix <text>', 'how keys end')
    .option('--contains <text>', 'what keys have anywhere; the store looks at every key for it')
    .option('--delimiter <text>', 'fold keys that go on behind it, as `ls` does: print how they begin, once')
    .option('--reverse', 'from the last key to the first')
    .option('--limit <number>', 'at most so many lines', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .option('--json', 'print keys as JSON texts: a key may hold the end of a line')
    .option('--values', 'print {"key":…,"value":…} instead, {"prefix":…} for what is folded')
    .action(
      run<[], Options>(async ({ client, stdout }, options) => {
        const { prefix, suffix, contains, delimiter, limit, json = false } = options;
        if ([prefix, suffix, contains, delimiter].every((text) => text === undefined)) {
          throw new CliError('give at least one of --prefix, --suffix, --contains and --delimiter', exitCodes.usage);
        }
        const { values = false, reverse = false } = options;
        const form = { values, reverse, folded: delimiter !== undefined };
        const flags = { reverse: flag(reverse), values: flag(values) };
        let left = limit ?? Number.POSITIVE_INFINITY;
        for (let after: string | undefined; left > 0; ) {
          const asked = String(Math.min(left, pageSize));
          const query = { prefix, suffix, contains, delimiter, ...flags, limit: asked, after };
          const target = withQuery('/search', query);
          const { body, headers } = await client.send({ method: 'GET', target, shape: isFound(form) });
          const found = foundIn(body, form);
          const lines = found.map((each) => lineOf(each, { values, json, isTerminal: stdout.isTTY === true }));
          if (lines.length > 0) await write(stdout, lines.join(''));
          left -= found.length;
          after = found.at(-1)?.text;
          if (headers.link === undefined || after === undefined) return;
        }
      }),
    );

function flag(isSet: boolean): string | undefined {
  return isSet ? 'true' : undefined;
}

interface LineForm {
  readonly values: boolean;
  readonly json: boolean;
  readonly isTerminal: boolean;
}

function lineOf({ text, isPrefix, value }: Found, { values, json, isTerminal }: LineForm): string {
  if (value !== undefined) return pairText(text, value);
  if (values && isPrefix) return `{"prefix":${JSON.stringify(text)}}\n`;
  if (json) return `${JSON.stringify(text)}\n`;
  // A key with the end of a line in it is not two keys.
  return `${isTerminal ? printable(text) : text}\n`;
}
