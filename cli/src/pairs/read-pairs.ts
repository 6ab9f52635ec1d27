/** Many pairs of one state of the store. */
import { type Answer, type Client, withQuery } from '../client/client.ts';
import { isRecordOf } from '../client/shapes.ts';
import { pairText, timelineOf, versionOf } from './pair-text.ts';
import { parseRecord } from './record.ts';

/** Keys of one request; more would be of several states. */
export const mostKeys = 10_000;

export interface FoundPairs {
  /** A line for each pair that exists, in the order of the keys. */
  readonly lines: readonly string[];
  /** Keys that do not exist. */
  readonly missing: readonly string[];
}

/** `withVersions`: lines say the revision and version, too. @throws ServerError, ConnectionError, NotAKvStoreError */
export async function readPairs(
  client: Client,
  keys: readonly string[],
  { stale, withVersions }: { readonly stale: boolean; readonly withVersions: boolean },
): Promise<FoundPairs> {
  const { body, headers } = await sendKeys(client, keys, stale);
  const timeline = timelineOf(versionOf(headers) ?? '');
  const missing = new Set(keys);
  const lines = body
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { key, value, revision } = parseRecord(Buffer.from(line));
      missing.delete(key);
      return pairText(key, value, withVersions ? `${timeline}-${revision}` : undefined);
    });
  return { lines, missing: [...missing] };
}

/** Asks for the keys in a body; the answer has a line for each pair that exists. Throws what Client.send throws. */
export function sendKeys(client: Client, keys: readonly string[], stale: boolean): Promise<Answer> {
  return client.send({
    method: 'POST',
    target: withQuery('/get', { consistency: stale ? 'stale' : undefined }),
    body: JSON.stringify(keys),
    form: 'lines',
    shape: isRecordOf(new Set(keys)),
    repeatable: true,
  });
}
