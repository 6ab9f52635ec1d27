/** Changes as they happen, none missed or doubled: a connection that breaks goes on behind the last one's id. */
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { type Client, withQuery } from './client.ts';
import { withRetries } from './retry.ts';
import { ConnectionError, mayPass } from './server-error.ts';

export interface WatchOptions {
  readonly prefix?: string | undefined;
  readonly suffix?: string | undefined;
  /** An event's id, or a version; undefined: from now on. */
  readonly after?: string | undefined;
  /** Takes an event's data, a line of JSON. */
  readonly take: (line: string) => Promise<void>;
}

/**
 * Never resolves: ends when interrupted.
 * @throws ServerError when the store has no history back to the id any more (410), ConnectionError
 */
export async function watchPairs(client: Client, { prefix, suffix, after, take }: WatchOptions): Promise<never> {
  for (let id = after; ; ) {
    let arrived = false;
    const follow = async (): Promise<void> => {
      const headers = { Accept: 'text/event-stream', ...(id === undefined ? {} : { 'Last-Event-ID': id }) };
      const target = withQuery('/watch', { prefix, suffix });
      const response = await client.open({ method: 'GET', target, headers });
      const events: EventSourceMessage[] = [];
      const parser = createParser({ onEvent: (event) => events.push(event) });
      response.setEncoding('utf8');
      const pieces = response[Symbol.asyncIterator]() as AsyncIterator<string>;
      for (;;) {
        const next = await pieces.next().catch((cause: unknown) => {
          throw client.failure(cause);
        });
        if (next.done === true) break;
        parser.feed(next.value);
        for (const event of events.splice(0)) {
          if (event.event === 'set' || event.event === 'delete') await take(event.data);
          if (event.id === undefined) continue;
          id = event.id;
          arrived = true;
        }
      }
      throw new ConnectionError(client.options.url.href, new Error('the store ended the watch'));
    };
    await withRetries(
      () =>
        follow().catch((error: unknown) => {
          // Something has arrived: the patience begins anew.
          if (!arrived || !mayPass(error)) throw error;
        }),
      { repeatable: true },
      client.options,
    );
  }
}
