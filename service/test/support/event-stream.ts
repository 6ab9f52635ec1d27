/** A client of server-sent events that can stop reading. */
import { type IncomingMessage, request } from 'node:http';
import { EventStream as Reader, type ServerEvent } from '@kvstore/core/event-stream.js';
import type { ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';

export interface EventStream {
  readonly response: IncomingMessage;
  /** The events so far. */
  readonly events: readonly ServerEvent[];
  /** The last id, of an event or of a sign of life. */
  lastId(): string;
  comments(): number;
  /** Has the server ended it? */
  ended(): boolean;
  /** Resolves with the events when there are so many. */
  until(count: number): Promise<readonly ServerEvent[]>;
}

/** Opens it; cut off when the test ends. */
export async function openEvents(
  t: ExecutionContext,
  { port }: { readonly port: number },
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventStream> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path: target, headers, agent: false }, resolve);
    outgoing.once('error', reject).end();
    t.teardown(() => outgoing.destroy());
  });
  response.on('error', () => {});
  const events: ServerEvent[] = [];
  const reader = new Reader();
  let comments = 0;
  response.setEncoding('utf8').on('data', (chunk: string) => {
    comments += chunk.match(/^:/gm)?.length ?? 0;
    events.push(...reader.push(chunk));
  });
  let ended = false;
  response.once('close', () => {
    ended = true;
  });
  return {
    response,
    events,
    lastId: () => reader.lastEventId,
    comments: () => comments,
    ended: () => ended,
    async until(count) {
      await waitFor(`${count} events`, () => events.length >= count);
      return events;
    },
  };
}
