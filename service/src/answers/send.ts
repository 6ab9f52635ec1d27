/** Sends an answer. Every answer to a request that was parsed goes out here. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';
import type { Problem } from '../errors.ts';
import type { EventLoopScheduler } from '../server/event-loop-scheduler.ts';
import { leaveToAnswer } from '../server/stalled-clients.ts';
import type { Answer, BytesAnswer, EventsAnswer, SlicedAnswer, TextAnswer } from './answer.ts';
import { gzipOptions } from './compress.ts';

/** Bytes that go out in one system call, and the most that is written before other requests have their turn. */
const batchBytes = 1 << 20;

/** `more`: headers behind the answer's own. Undefined: nothing is left to be sent. Rejects when a slice cannot be read, or with what keeps events from beginning. */
export type Send = (response: ServerResponse, answer: Answer, more?: readonly string[]) => Promise<void> | undefined;

/** A client that takes nothing is cut off by the server (server/stalled-clients.ts), whatever the answer. */
export function sender(scheduler: EventLoopScheduler): Send {
  return (response, given, more) => {
    if (response.destroyed) {
      // The client left meanwhile, and nothing more will be heard of the response.
      if ('release' in given) given.release();
      return undefined;
    }
    if (given.kind === 'text') return sendText(response, given, more);
    const answer = more === undefined ? given : { ...given, headers: given.headers.concat(more) };
    if (answer.kind === 'bytes') return sendBytes(response, answer, scheduler);
    if (answer.kind === 'slices') return sendSlices(response, answer, scheduler);
    return sendEvents(response, answer);
  };
}

export function sendText(
  response: ServerResponse,
  { status, headers, text, encoding }: TextAnswer,
  more?: readonly string[],
): undefined {
  response.writeHead(status, (more === undefined ? headers : headers.concat(more)) as string[]);
  response.end(text, encoding);
}

function sendBytes(
  response: ServerResponse,
  { status, headers, parts, length, release }: BytesAnswer,
  scheduler: EventLoopScheduler,
): Promise<void> | undefined {
  response.once('close', release);
  response.writeHead(status, headers as string[]);
  if (isHead(response)) {
    response.end();
    return undefined;
  }
  if (length <= batchBytes) {
    writeTogether(response, parts);
    response.end();
    return undefined;
  }
  return sendInTurns(response, batches(parts), writeTogether, scheduler);
}

/** Writes piece by piece and ends the response, as fast as the client takes it; others have their turn in between. */
async function sendInTurns<Target extends Writable, Piece>(
  response: Target,
  pieces: Iterable<Piece>,
  write: (response: Target, piece: Piece) => void,
  scheduler: EventLoopScheduler,
): Promise<void> {
  let isFirst = true;
  for (const piece of pieces) {
    if (!isFirst) await nextTurn(response, scheduler);
    isFirst = false;
    if (response.destroyed) return;
    write(response, piece);
  }
  response.end();
}

/** In one system call. */
function writeTogether(response: ServerResponse, parts: readonly Buffer[]): void {
  if (parts.length > 1) response.cork();
  for (const part of parts) response.write(part);
  if (parts.length > 1) response.uncork();
}

function* batches(parts: readonly Buffer[]): Iterable<readonly Buffer[]> {
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const part of parts) {
    batch.push(part);
    bytes += part.length;
    if (bytes < batchBytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

async function sendSlices(
  response: ServerResponse,
  { status, headers, slices, onCut, release, coding }: SlicedAnswer,
  scheduler: EventLoopScheduler,
): Promise<void> {
  let cut: Problem | undefined;
  onCut((problem) => {
    cut = problem;
    // Wakes what waits for the client, too.
    response.destroy();
  });
  try {
    response.writeHead(status, headers as string[]);
    if (isHead(response)) response.end();
    else await sendInTurns(coding === undefined ? response : zipped(response), slices, writeText, scheduler);
    // Until the client has taken the last one, it counts among those that are under way.
    if (!response.writableFinished && !response.destroyed) await eventOrClose(response, 'finish');
    if (cut !== undefined) throw cut;
  } finally {
    release();
  }
}

function writeText(target: Writable, text: string): void {
  target.write(text);
}

/** What goes to the response in gzip. Each ends with the other. */
function zipped(response: ServerResponse): Writable {
  const coder = createGzip(gzipOptions);
  response.once('close', () => coder.destroy());
  coder.once('error', () => response.destroy());
  coder.pipe(response);
  return coder;
}

async function sendEvents(response: ServerResponse, { status, headers, open }: EventsAnswer): Promise<void> {
  leaveToAnswer(response);
  await open(response, () => {
    response.writeHead(status, headers as string[]);
    response.flushHeaders();
  });
}

/** Resolves when the client has taken what was written and it is this answer's turn, or when the client has gone. */
async function nextTurn(response: Writable, scheduler: EventLoopScheduler): Promise<void> {
  if (response.writableNeedDrain) await eventOrClose(response, 'drain');
  if (!response.destroyed) await scheduler.next();
}

async function eventOrClose(response: Writable, event: 'drain' | 'finish'): Promise<void> {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    await Promise.race([once(response, event, { signal }), once(response, 'close', { signal })]);
  } finally {
    ended.abort();
  }
}

/** The head of the answer to a GET, without its body (RFC 9110, 9.3.2). */
function isHead({ req }: ServerResponse): boolean {
  return req.method === 'HEAD';
}
