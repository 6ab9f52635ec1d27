import type { Command } from 'commander';
import type { AddCommand } from '../command.ts';
import { write } from '../io.ts';
import { pairText } from '../pair-text.ts';
import { readPair } from '../read-pair.ts';
import { checkKey } from '../texts.ts';

export const addGet: AddCommand = (command: Command, run) =>
  command
    .command('get')
    .description("print a key's value, as JSON; exit code 3 when there is none")
    .argument('<key>')
    .option('--json', 'print the pair with its revision and version')
    .option('--stale', 'take what the replica has, even while it cannot ask the others')
    .action(
      run<[string], { json?: boolean; stale?: boolean }>(async ({ client, stdout }, options, key) => {
        const { value, version } = await readPair(client, checkKey(key), { stale: options.stale === true });
        await write(stdout, options.json === true ? pairText(key, value, version) : `${value}\n`);
      }),
    );
