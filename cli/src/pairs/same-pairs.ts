/** Whether a restore can take nothing away: the store has no pair that the file does not have as well. */
import { compareKeys } from '@kvstore/core/key.ts';
import type { Client } from '../client/client.ts';
import { withRetries } from '../client/retry.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { openLines, pairLines } from './export-pairs.ts';
import type { Line } from './lines.ts';
import { parseRecord } from './record.ts';

/**
 * Also true of an empty store, and of what a restore that was interrupted has left: it may then go on.
 * @param readFile the file's lines from their beginning, in the order of keys, as exports have them
 * @throws CliError (preconditionFailed) that names the first pair that only the store has
 */
export async function checkOnlyPairsOf(readFile: () => AsyncIterable<Line>, client: Client): Promise<void> {
  await withRetries(() => compare(readFile, client), { repeatable: true }, client.options);
}

async function compare(readFile: () => AsyncIterable<Line>, client: Client): Promise<void> {
  const response = await openLines(client, {});
  const file = readFile()[Symbol.asyncIterator]();
  try {
    let own = await file.next();
    for await (const { bytes } of pairLines(response, client)) {
      const { key, value } = parseRecord(bytes);
      let record = own.done ? undefined : parseRecord(own.value.bytes);
      while (record !== undefined && compareKeys(record.key, key) < 0) {
        own = await file.next();
        record = own.done ? undefined : parseRecord(own.value.bytes);
      }
      if (record?.key !== key || record.value !== value) {
        const message = `the store holds other data, such as the key ${JSON.stringify(key)}: nothing was written`;
        throw new CliError(message, exitCodes.preconditionFailed);
      }
    }
  } finally {
    response.destroy();
    await file.return?.();
  }
}
