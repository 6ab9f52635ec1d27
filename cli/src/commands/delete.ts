import { keyPath } from '../client.ts';
import type { AddCommand } from '../command.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import { ifMatch } from '../pair-text.ts';
import { version } from '../settings.ts';

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
        const [key, ...others] = keys;
        if (key !== undefined && options.ifMatch !== undefined) {
          if (others.length > 0) throw new CliError('--if-match goes with one key', exitCodes.usage);
          await client.send({ method: 'DELETE', target: keyPath(key), headers: ifMatch(options.ifMatch) });
          await write(stdout, '1\n');
          return;
        }
        const { body } = await client.send({ method: 'POST', target: '/delete', body: JSON.stringify(keys) });
        await write(stdout, `${(JSON.parse(body) as { deleted: number }).deleted}\n`);
      }),
    );
