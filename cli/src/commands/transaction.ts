import { type FailedKeys, ServerError } from '../client/server-error.ts';
import { hasCounts } from '../client/shapes.ts';
import type { AddCommand } from '../command.ts';
import { write } from '../io.ts';
import { versionOf } from '../pairs/pair-text.ts';
import { readStandardInput } from '../texts.ts';

export const addTransaction: AddCommand = (command, run) =>
  command
    .command('transaction')
    .description(
      'set and delete on conditions, all or nothing: {"if", "set", "ttl", "delete"} from standard input; exit code 4 when a condition does not hold, and the keys whose conditions do not on standard output',
    )
    .action(
      run<[], object>(async (context) => {
        // RFC 8259, 8.1: a byte order mark in front of JSON may be ignored.
        const text = (await readStandardInput(context)).replace(/^\ufeff/, '');
        const { client, stdout } = context;
        try {
          const shape = hasCounts('set', 'deleted');
          const { body } = await client.send({ method: 'POST', target: '/transaction', body: text, shape });
          await write(stdout, `${body}\n`);
        } catch (error) {
          // What a script needs to decide anew.
          if (error instanceof ServerError && error.failed !== undefined) {
            await write(stdout, `${JSON.stringify({ failed: versions(error.failed) })}\n`);
          }
          throw error;
        }
      }),
    );

/** As `set` and `get --json` print them; a transaction takes both forms. */
function versions(failed: FailedKeys): FailedKeys {
  return Object.fromEntries(Object.entries(failed).map(([key, etag]) => [key, etag && (versionOf({ etag }) ?? etag)]));
}
