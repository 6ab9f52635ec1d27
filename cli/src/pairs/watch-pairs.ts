/** Changes as they happen, none missed or doubled: a connection that breaks goes on behind the last id. */
import type { IncomingMessage } from 'node:http';
import { EventStream, longestSilence } from '@kvstore/core/event-stream.js';
import { type Client, withQuery } from '../client/client.ts';
import { withRetries } from '../client/retry.ts';
import { ConnectionError, mayPass, ServerError } from '../client/server-error.ts';
import { catchUp } from './catch-up.ts';

export interface WatchOptions {
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  /** An event's id, or a version; undefined: from now on. */
  readonly after?: string | undefined;
  /** Takes an event's data, a line of JSON. */
  readonly take: (line: string) => Promise<void>;
  /** Called before everything is read anew, since the store's history has a gap. */
  readonly onGap: (error: ServerError) => void;
}

/**
 * Never resolves: ends when interrupted.
 * @throws ServerError when the store has no history back to `after` (410), ConnectionError, NotAKvStoreError
 */
export async function watchPairs(client: Client, options: WatchOptions): Promise<never> {
  const { prefix, suffix, after, take, onGap } = options;
  /** Where a connection goes on; empty: from now on. */
  let id = after ?? '';
  /** Whether the store has confirmed the position: one that the user gave may be wrong. */
  let confirmed = after === undefined;
  /** Keys of the revision that is not complete yet. */
  let takenKeys = new Set<string>();
  for (;;) {
    let arrived = false;
    let renew = (): void => {};
    const reached = (newer: string, data?: string): void => {
      if (newer === '') return;
      // Also without news: the stream of a quiet store is none that fails.
      renew();
      if (newer === id) return;
      if (revisionIn(newer) !== revisionIn(id)) takenKeys = new Set();
      if (data !== undefined && newer.includes('.')) takenKeys.add(parseRecordKey(data));
      id = newer;
      arrived = true;
      confirmed = true;
    };
    const follow = async (): Promise<never> => {
      const response = await client.open({
        method: 'GET',
        target: withQuery('/watch', { prefix, suffix }),
        headers: id === '' ? {} : { 'Last-Event-ID': id },
        form: 'events',
      });
      confirmed = true;
      return readEvents(client, response, { id, take, reached });
    };
    await withRetries(
      (renewPatience) => {
        renew = renewPatience;
        return follow().catch(async (error: unknown) => {
          if (confirmed && error instanceof ServerError && error.status === 410) {
            onGap(error);
            reached(await catchUp(client, { prefix, suffix, after: id, takenKeys, take }));
            return;
          }
          // Something has arrived: the time to retry begins anew.
          if (!arrived || !mayPass(error)) throw error;
        });
      },
      { repeatable: true },
      client.options,
    );
  }
}

interface Reading {
  readonly id: string;
  readonly take: (line: string) => Promise<void>;
  /** Called with the id of what has been taken, also when nothing but the position is new. */
  readonly reached: (id: string, data?: string) => void;
}

/** Reads until the stream ends. @throws ConnectionError that says why it did */
async function readEvents(client: Client, response: IncomingMessage, { id, take, reached }: Reading): Promise<never> {
  const { headers, socket } = response;
  // A connection that nothing comes through any more is a dead one.
  socket.setTimeout(longestSilence(String(headers['kvstore-heartbeat'])));
  const stream = new EventStream(id);
  const decoder = new TextDecoder();
  let why = 'the store ended the watch';
  for await (const piece of client.pieces(response)) {
    for (const event of stream.push(decoder.decode(piece, { stream: true }))) {
      if (event.event === 'set' || event.event === 'delete') await take(event.data);
      if (event.event === 'error') why = `the store ended the watch: ${detailOf(event.data)}`;
      reached(event.id, event.data);
    }
    reached(stream.lastEventId);
  }
  throw new ConnectionError(client.options.url.href, new Error(why));
}

function revisionIn(id: string): string | undefined {
  return /-(\d+)/.exec(id)?.[1];
}

function parseRecordKey(data: string): string {
  return (JSON.parse(data) as { readonly key: string }).key;
}

function detailOf(data: string): string {
  try {
    const { detail } = JSON.parse(data) as { readonly detail?: unknown };
    return typeof detail === 'string' ? detail : data;
  } catch {
    return data;
  }
}
