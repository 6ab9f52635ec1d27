/** One watch: its events as they come, until it ends. */
import { Agent, type IncomingMessage, request } from 'node:http';

/** What is dispatched at an empty line: an event, or only an id. */
export interface StreamEvent {
  /** undefined: a sign of life. */
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
}

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
  onEvent: (event: StreamEvent) => void,
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
  const parser = new EventParser(onEvent);
  answer.setEncoding('utf8');
  try {
    for await (const chunk of answer as AsyncIterable<string>) if (answer.statusCode === 200) parser.push(chunk);
  } catch (error) {
    if (parser.failure !== undefined) throw error;
    // The connection was cut: an event that is not whole does not count.
  }
  return { status: answer.statusCode === 200 ? undefined : answer.statusCode };
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as a stream of lines that end in \n needs it. */
class EventParser {
  readonly #onEvent: (event: StreamEvent) => void;
  #rest = '';
  /** What the receiver of an event threw. */
  failure: unknown;

  constructor(onEvent: (event: StreamEvent) => void) {
    this.#onEvent = onEvent;
  }

  push(chunk: string): void {
    this.#rest += chunk;
    const blocks = this.#rest.split('\n\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map<string, string>();
      for (const line of block.split('\n')) {
        const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
        if (name !== '') fields.set(name, value);
      }
      try {
        this.#onEvent({ type: fields.get('event'), id: fields.get('id'), data: fields.get('data') ?? '' });
      } catch (error) {
        this.failure = error;
        throw error;
      }
    }
  }
}
