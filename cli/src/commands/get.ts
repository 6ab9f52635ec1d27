import type { Command } from 'commander';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { type Context, write } from '../io.ts';
import { pairText } from '../pairs/pair-text.ts';
import { readPair } from '../pairs/read-pair.ts';
import { mostKeys, readPairs } from '../pairs/read-pairs.ts';
import { waitForPair } from '../pairs/wait-for-pair.ts';
import { seconds, version } from '../settings.ts';
import { checkKey } from '../texts.ts';

/** Missing keys that the message names. */
const mostNamed = 10;

interface Options {
  readonly json?: boolean;
  readonly stale?: boolean;
  readonly wait?: number;
  readonly newerThan?: string;
}

export const addGet: AddCommand = (command: Command, run) =>
  command
    .command('get')
    .description(
      "print a key's value, as JSON, or the pairs of several keys, a line each; exit code 3 when one is missing",
    )
    .argument('<keys...>')
    .option('--json', 'print pairs with their revision and version')
    .option('--stale', 'take what the replica has, even while it cannot ask the others')
    .option('--wait <seconds>', 'wait for one key until it is there, or newer', seconds)
    .option('--newer-than <version>', 'with --wait: until it has another version; exit code 4 when it has not', version)
    .action(
      run<[string[]], Options>(async (context, options, keys) => {
        const [first = ''] = keys;
        for (const key of keys) checkKey(key);
        if (keys.length > 1) await printPairs(context, options, keys);
        else await printPair(context, options, first);
      }),
    );

async function printPair({ client, stdout }: Context, options: Options, key: string): Promise<void> {
  const { wait, newerThan } = options;
  if (newerThan !== undefined && wait === undefined) {
    throw new CliError('--newer-than goes with --wait', exitCodes.usage);
  }
  const stale = options.stale === true;
  const reading =
    wait === undefined ? readPair(client, key, { stale }) : waitForPair(client, key, { stale, wait, newerThan });
  const { value, version } = await reading;
  await write(stdout, options.json === true ? pairText(key, value, version) : `${value}\n`);
}

async function printPairs({ client, stdout }: Context, options: Options, keys: readonly string[]): Promise<void> {
  if (options.wait !== undefined || options.newerThan !== undefined) {
    throw new CliError('--wait and --newer-than go with one key', exitCodes.usage);
  }
  if (keys.length > mostKeys) throw new CliError(`at most ${mostKeys} keys at once`, exitCodes.usage);
  const { lines, missing } = await readPairs(client, keys, {
    stale: options.stale === true,
    withVersions: options.json === true,
  });
  if (lines.length > 0) await write(stdout, lines.join(''));
  if (missing.length === 0) return;
  const named = missing.slice(0, mostNamed).map((key) => JSON.stringify(key));
  const more = missing.length > mostNamed ? ` and ${missing.length - mostNamed} more` : '';
  throw new CliError(`the store has no such key: ${named.join(', ')}${more}`, exitCodes.notFound);
}
