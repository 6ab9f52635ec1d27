import type { AddCommand } from '../command.ts';
import { write } from '../io.ts';
import { readStandardInput } from '../texts.ts';

export const addTransaction: AddCommand = (command, run) =>
  command
    .command('transaction')
    .description(
      'set and delete on conditions, all or nothing: {"if", "set", "ttl", "delete"} from standard input; exit code 4 when a condition does not hold',
    )
    .action(
      run<[], object>(async (context) => {
        // RFC 8259, 8.1: a byte order mark in front of JSON may be ignored.
        const text = (await readStandardInput(context)).replace(/^\ufeff/, '');
        const { body } = await context.client.send({ method: 'POST', target: '/transaction', body: text });
        await write(context.stdout, `${body}\n`);
      }),
    );
