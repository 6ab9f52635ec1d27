import { parseMembers } from '@kvstore/core/json-members.ts';
import { hasCounts } from '../client/shapes.ts';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { checkKey } from '../texts.ts';

export const addIncr: AddCommand = (command, run) =>
  command
    .command('incr')
    .description('add to the integer of a key, 0 when there is no such key, and print the sum')
    .argument('<key>')
    .argument('[amount]', 'a whole number of 64 bits, which may be negative', '1')
    .action(
      run<[string, string], object>(async ({ client, stdout }, _, key, amount) => {
        checkKey(key);
        if (!/^-?(0|[1-9]\d*)$/.test(amount)) throw new CliError(`"${amount}" is no whole number`, exitCodes.usage);
        const { body } = await client.send({
          method: 'POST',
          target: '/increment',
          body: `{${JSON.stringify(key)}:${amount}}`,
          shape: hasCounts(key),
        });
        // Not by JSON.parse: a number of JavaScript is exact up to 2^53 alone.
        await write(stdout, `${parseMembers(body).get(key)}\n`);
      }),
    );
