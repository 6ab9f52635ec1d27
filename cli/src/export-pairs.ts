/** Every pair of a store, a line each, as the store sends them. */
import type { IncomingMessage } from 'node:http';
import { type Client, withQuery } from './client.ts';
import { parseRecord } from './record.ts';
import { withRetries } from './retry.ts';
import { mayPass } from './server-error.ts';

export const jsonLines = 'application/x-ndjson';

export interface ExportOptions {
  /** Only keys behind this one. */
  readonly after?: string | undefined;
  /**
   * Takes some whole lines. Called again only when its promise has resolved: a slow disk slows the store's stream down.
   * @param pairs how many lines there are
   */
  readonly take: (lines: Buffer, pairs: number) => Promise<void>;
  /** Called before a stream that broke goes on, in a later state of the store. Undefined: that is an error. */
  readonly onBroken?: ((error: Error) => void) | undefined;
}

/**
 * Streams the pairs in the order of their keys. A stream that breaks goes on behind the last key that was taken.
 * @throws ServerError, ConnectionError
 */
export async function exportPairs(client: Client, { after, take, onBroken }: ExportOptions): Promise<void> {
  for (let start = after; ; ) {
    let last: Buffer | undefined;
    const broken = await withRetries(
      async () => {
        try {
          await copy(await openLines(client, start), client, async (lines, pairs, lastLine) => {
            await take(lines, pairs);
            last = lastLine;
          });
          return undefined;
        } catch (error) {
          // What has arrived is progress: the patience begins anew.
          if (last === undefined || !mayPass(error)) throw error;
          return error;
        }
      },
      { repeatable: true },
      client.options,
    );
    if (broken === undefined || last === undefined) return;
    if (onBroken === undefined) throw broken;
    onBroken(broken);
    start = parseRecord(last).key;
  }
}

/** The store's pairs behind a key, as JSON Lines. */
export async function openLines(client: Client, after: string | undefined): Promise<IncomingMessage> {
  return client.open({
    method: 'GET',
    target: withQuery('/', { after }),
    headers: { Accept: jsonLines },
    form: jsonLines,
  });
}

/** Passes on whole lines only, many at a time. */
async function copy(
  response: IncomingMessage,
  client: Client,
  take: (lines: Buffer, pairs: number, last: Buffer) => Promise<void>,
): Promise<void> {
  let rest: Buffer[] = [];
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      throw client.failure(cause);
    });
    if (next.done === true) break;
    const end = next.value.lastIndexOf(0x0a) + 1;
    if (end === 0) {
      rest.push(next.value);
      continue;
    }
    const lines = Buffer.concat([...rest, next.value.subarray(0, end)]);
    rest = end < next.value.length ? [next.value.subarray(end)] : [];
    const lastLine = lines.subarray(lines.lastIndexOf(0x0a, lines.length - 2) + 1, lines.length - 1);
    await take(lines, newlinesIn(lines), lastLine);
  }
  if (rest.length > 0) throw client.failure(new Error('the answer ends in the middle of a line'));
}

function newlinesIn(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(0x0a); at !== -1; at = lines.indexOf(0x0a, at + 1)) count++;
  return count;
}
