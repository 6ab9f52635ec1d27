import type { Command } from 'commander';
import { readRights, rightsText } from '../client/rights.ts';
import type { AddCommand } from '../command.ts';
import { write } from '../io.ts';

export const addWhoAmI: AddCommand = (command: Command, run) =>
  command
    .command('whoami')
    .description('print what the token may do: its name, read or write, its prefixes, expiry and limits')
    .option('--json', 'print one line of JSON')
    .action(
      run<[], { json?: boolean }>(async ({ client, stdout }, options) => {
        const { rights, text } = await readRights(client);
        await write(stdout, options.json === true ? `${text}\n` : rightsText(rights));
      }),
    );
