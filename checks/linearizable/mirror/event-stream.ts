/** One watch: its events as they come, until it ends. */
import { Agent, type IncomingMessage, request } from 'node:http';
import { EventStream, type ServerEvent } from '@kvstore/core/event-stream.js';

export interface StreamEnd {
  /** Of an answer that was no stream: its status. */
  readonly status: number | undefined;
}

/** A watch has a connection of its own. */
const agent = new Agent();

/** Resolves when the stream ended or the signal was aborted; what an event throws ends it as well. */
export async function watch(
  url: string,
  lastEventId: string,
  signal: AbortSignal,
  onEvent: (event: ServerEvent) => void,
): Promise<StreamEnd> {
  let answer: IncomingMessage;
  try {
    answer = await new Promise((resolve, reject) => {
      const outgoing = request(url, { agent, headers: { 'Last-Event-ID': lastEventId }, signal }, resolve);
      outgoing.on('error', reject);
      outgoing.end();
    });
  } catch {
    return { status: undefined };
  }
  if (answer.statusCode !== 200) {
    answer.resume();
    return { status: answer.statusCode };
  }
  const stream = new EventStream(lastEventId);
  answer.setEncoding('utf8');
  try {
    for await (const chunk of answer as AsyncIterable<string>) {
      for (const event of stream.push(chunk)) onEvent(event);
    }
  } catch (error) {
    // The connection was cut: an event that is not whole does not count.
    if (answer.errored === null) throw error;
  }
  return { status: undefined };
}
