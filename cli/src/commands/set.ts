import { maxTtl } from '@kvstore/core/limits.ts';
import { isObject } from '../client/shapes.ts';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { ifMatch, versionOf } from '../pairs/pair-text.ts';
import { version, wholeNumber } from '../settings.ts';
import { checkKey, readStandardInput } from '../texts.ts';

interface Options {
  readonly string?: boolean;
  readonly ttl?: number;
  readonly ifAbsent?: boolean;
  readonly ifMatch?: string;
}

export const addSet: AddCommand = (command, run) =>
  command
    .command('set')
    .description('set a key and print its version; exit code 4 when a condition does not hold')
    .argument('<key>')
    .argument('[value]', 'JSON; without it, standard input')
    .option('--string', 'the value is a text, not JSON')
    .option('--ttl <seconds>', 'how long the pair lives', wholeNumber(1, maxTtl))
    .option('--if-absent', 'only when there is no such key')
    .option('--if-match <version>', 'only when the key still has this version', version)
    .action(
      run<[string, string | undefined], Options>(async (context, options, key, given) => {
        const { client, stdout } = context;
        checkKey(key);
        const input = given ?? (await readStandardInput(context));
        const value = options.string === true ? JSON.stringify(input) : checkJson(input);
        const { headers } = await client.send({
          method: 'POST',
          target: options.ttl === undefined ? '/set' : `/set?ttl=${options.ttl}`,
          headers: {
            ...(options.ifAbsent === true ? { 'If-None-Match': '*' } : {}),
            ...(options.ifMatch === undefined ? {} : ifMatch(options.ifMatch)),
          },
          body: `{${JSON.stringify(key)}:${value}}`,
          shape: isObject,
        });
        await write(stdout, `${versionOf(headers)}\n`);
      }),
    );

/** The text itself: it is sent as it is. */
function checkJson(text: string): string {
  // RFC 8259, 8.1: a byte order mark in front of JSON may be ignored. Windows' shells put one there.
  const value = text.replace(/^\ufeff/, '');
  try {
    JSON.parse(value);
    return value;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`the value is not JSON (${why}); a text needs quotes, or --string`, exitCodes.usage, cause);
  }
}
