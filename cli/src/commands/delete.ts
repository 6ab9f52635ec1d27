import { hasCounts } from '../client/shapes.ts';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { ifMatch } from '../pairs/pair-text.ts';
import { version } from '../settings.ts';
import { checkKey } from '../texts.ts';

export const addDelete: AddCommand = (command, run) =>
  command
    .command('delete')
    .description(
      'delete keys, all or none, and print how many there were; exit code 4 when the condition does not hold',
    )
    .argument('<keys...>')
    .option('--if-match <version>', 'only when the one key still has this version', version)
    .action(
      run<[string[]], { ifMatch?: string }>(async ({ client, stdout }, options, keys) => {
        for (const key of keys) checkKey(key);
        if (keys.length > 1 && options.ifMatch !== undefined) {
          throw new CliError('--if-match goes with one key', exitCodes.usage);
        }
        const { body } = await client.send({
          method: 'POST',
          target: '/delete',
          headers: options.ifMatch === undefined ? {} : ifMatch(options.ifMatch),
          body: JSON.stringify(keys),
          shape: hasCounts('deleted'),
        });
        await write(stdout, `${(JSON.parse(body) as { deleted: number }).deleted}\n`);
      }),
    );
