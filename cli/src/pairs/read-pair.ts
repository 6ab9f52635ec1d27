/** One pair, asked for in a way that proxies leave alone. */
import { parseMembers } from '@kvstore/core/json-members.ts';
import { type Answer, type Client, withQuery } from '../client/client.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { timelineOf, versionOf } from './pair-text.ts';
import { sendKeys } from './read-pairs.ts';

export interface StoredPair {
  /** JSON text, token by token as it was set. */
  readonly value: string;
  /** As `--if-match` takes it. */
  readonly version: string;
}

/**
 * Keys that come through every proxy in a path. Others go into a body: many proxies clean `..`, `//` and what
 * is escaped out of a path, and would ask the store for another key.
 */
const safeInPath = /^[A-Za-z0-9_~-][A-Za-z0-9._~-]*$/;

/** @throws CliError (notFound), ServerError, ConnectionError, NotAKvStoreError */
export async function readPair(client: Client, key: string, { stale }: { stale: boolean }): Promise<StoredPair> {
  if (safeInPath.test(key)) {
    const consistency = stale ? 'stale' : undefined;
    const answer = await client.send({ method: 'GET', target: withQuery(`/get/${key}`, { consistency }) });
    return { value: answer.body, version: versionOf(answer.headers) ?? '' };
  }
  // A token that is limited to prefixes is refused here like there, where a search would find nothing.
  return pairOf(await sendKeys(client, [key], stale));
}

function pairOf({ headers, body }: Answer): StoredPair {
  const members = body.trim() === '' ? undefined : parseMembers(body);
  const [value, revision] = [members?.get('value'), members?.get('revision')];
  if (value === undefined) {
    throw new CliError('404 key-not-found: The store has no such key.', exitCodes.notFound);
  }
  return { value, version: `${timelineOf(versionOf(headers) ?? '')}-${revision}` };
}
