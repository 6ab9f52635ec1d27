import { keyPath } from '../client.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { write } from '../io.ts';
import type { AddCommand } from '../program.ts';
import { wholeNumber } from '../settings.ts';

export const addDelete: AddCommand = (command, run) =>
  command
    .command('delete')
    .description(
      'delete keys, all or none, and print how many there were; exit code 4 when the condition does not hold',
    )
    .argument('<keys...>')
    .option(
      '--if-match <revision>',
      'only when the one key still has this revision',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .action(
      run<[string[]], { ifMatch?: number }>(async ({ client, stdout }, { ifMatch }, keys) => {
        const [key, ...others] = keys;
        if (key !== undefined && ifMatch !== undefined) {
          if (others.length > 0) throw new CliError('--if-match goes with one key', exitCodes.usage);
          await client.send({ method: 'DELETE', target: keyPath(key), headers: { 'If-Match': `"${ifMatch}"` } });
          await write(stdout, '1\n');
          return;
        }
        const { body } = await client.send({ method: 'POST', target: '/delete', body: JSON.stringify(keys) });
        await write(stdout, `${(JSON.parse(body) as { deleted: number }).deleted}\n`);
      }),
    );
