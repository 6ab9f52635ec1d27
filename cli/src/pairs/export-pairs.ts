/** Every pair of a store, a line each, as the store sends them. */
import type { IncomingMessage } from 'node:http';
import { type Client, withQuery } from '../client/client.ts';
import { withRetries } from '../client/retry.ts';
import { mayPass } from '../client/server-error.ts';
import { type Line, readLines } from './lines.ts';
import { parseRecord } from './record.ts';

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
          await copy(await openLines(client, { after: start }), client, async (lines, pairs, lastLine) => {
            await take(lines, pairs);
            last = lastLine;
          });
          return undefined;
        } catch (error) {
          // What has arrived is progress: the time to retry begins anew.
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

/** The store's pairs behind a key, as JSON Lines, of which the last one says how many there are: see pairLines. */
export async function openLines(
  client: Client,
  { after, prefix }: { readonly after?: string | undefined; readonly prefix?: string | undefined },
): Promise<IncomingMessage> {
  return client.open({
    method: 'GET',
    target: withQuery('/', { prefix, after, count: 'true' }),
    form: 'lines',
  });
}

/** Passes on whole lines only, many at a time. */
async function copy(
  response: IncomingMessage,
  client: Client,
  take: (lines: Buffer, pairs: number, last: Buffer) => Promise<void>,
): Promise<void> {
  let rest: Buffer[] = [];
  let count = 0;
  for await (const piece of client.pieces(response)) {
    rest.push(piece);
    if (!piece.includes(0x0a)) continue;
    const all = Buffer.concat(rest);
    // The last whole line may be the one with the count.
    const end = all.lastIndexOf(0x0a, all.lastIndexOf(0x0a) - 1) + 1;
    rest = [all.subarray(end)];
    if (end === 0) continue;
    const lines = all.subarray(0, end);
    const lastLine = lines.subarray(lines.lastIndexOf(0x0a, lines.length - 2) + 1, lines.length - 1);
    const pairs = newlinesIn(lines);
    count += pairs;
    await take(lines, pairs, lastLine);
  }
  checkCount(Buffer.concat(rest).toString(), count, client);
}

/** The lines of such an answer without the last one. Throws when something of it is missing. */
export async function* pairLines(response: IncomingMessage, client: Client): AsyncGenerator<Line> {
  let held: Line | undefined;
  for await (const line of readLines(client.pieces(response))) {
    if (held !== undefined) yield held;
    held = line;
  }
  const end = held?.whole === true ? `${held.bytes.toString()}\n` : '';
  checkCount(end, (held?.number ?? 1) - 1, client);
}

function checkCount(end: string, count: number, client: Client): void {
  if (end !== `{"count":${count}}\n`) throw client.failure(new Error('the answer ends before its end'));
}

function newlinesIn(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(0x0a); at !== -1; at = lines.indexOf(0x0a, at + 1)) count++;
  return count;
}
