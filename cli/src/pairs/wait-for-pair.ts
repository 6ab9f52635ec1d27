/** One pair, as soon as it has news. */
import { type Answer, type Client, withQuery } from '../client/client.ts';
import { settledAfter, withRetries } from '../client/retry.ts';
import { ServerError } from '../client/server-error.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { versionOf } from './pair-text.ts';
import type { StoredPair } from './read-pair.ts';

/** Seconds of one request: many proxies give up after 60. */
const longestWait = 50;

/** What proxies clean out of a path, or decode twice. */
const unsafeSegment = /^\.{0,2}$|[%\\?#;\p{Cc}]/u;

export interface WaitOptions {
  readonly stale: boolean;
  /** Seconds, at the most. */
  readonly wait: number;
  /** The version that is known; undefined: none. */
  readonly newerThan: string | undefined;
}

/**
 * The pair as soon as it is there, or has another version than the one that is known.
 * @throws CliError (usage, notFound, preconditionFailed), ServerError, ConnectionError, NotAKvStoreError
 */
export async function waitForPair(client: Client, key: string, options: WaitOptions): Promise<StoredPair> {
  const { stale, wait, newerThan } = options;
  const { clock } = client.options;
  const segments = key.split('/');
  if (segments.some((segment) => unsafeSegment.test(segment))) {
    const message = '--wait asks for the key in a path, where proxies change what this one has';
    throw new CliError(`${message}; \`watch --prefix\` shows its changes`, exitCodes.usage);
  }
  const path = `/get/${segments.map(encodeURIComponent).join('/')}`;
  const deadline = clock.now() + wait * 1000;
  /** Seconds. */
  const timeLeft = (): number => Math.max(0, Math.ceil((deadline - clock.now()) / 1000));
  let left = timeLeft();
  const poll = async (renew: () => void): Promise<Answer> => {
    left = timeLeft();
    const parameters = { wait: String(Math.min(left, longestWait)), consistency: stale ? 'stale' : undefined };
    const startedAt = clock.now();
    try {
      return await client.sendOnce({ method: 'GET', target: withQuery(path, parameters), newerThan });
    } catch (error) {
      // A poll that was cut after a while had reached the store.
      if (left > 0 && clock.now() - startedAt > settledAfter) renew();
      throw error;
    }
  };
  for (;;) {
    try {
      const { headers, body, isUnchanged } = await withRetries(poll, { repeatable: true }, client.options);
      if (isUnchanged !== true) return { value: body, version: versionOf(headers) ?? '' };
    } catch (error) {
      const isAbsent = error instanceof ServerError && error.code === 'key-not-found';
      if (!isAbsent || newerThan !== undefined || left === 0) throw error;
      continue;
    }
    if (left === 0) {
      throw new CliError(`version ${newerThan} is still the present one`, exitCodes.preconditionFailed);
    }
  }
}
