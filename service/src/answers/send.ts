/** Sends an answer: every one of an operation, and of a page. A problem that comes before the body does goes by server/send-before-body.ts. */
import type { ServerResponse } from 'node:http';
import { pipeline, type Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { overloaded, type Problem } from '@kvstore/core/problem.ts';
import type { ByteBudget, HeldBytes } from '../flow-control/byte-budget.ts';
import { noteLargeRead } from '../flow-control/connection-marks.ts';
import type { EventLoopScheduler } from '../flow-control/event-loop-scheduler.ts';
import { resetConnection } from '../flow-control/reset-connection.ts';
import { type Buffers, unboundedBuffers } from '../flow-control/socket-buffers/socket-buffers.ts';
import type { Answer, BytesAnswer, EventsAnswer, SlicedAnswer, TextAnswer } from './answer.ts';
import { type Coding, compressor } from './codings.ts';

/** Bytes that go out in one system call, and the most that is written before other requests have their turn. */
const batchBytes = 1 << 20;

/** Characters of a text that is not counted: the system takes that much of nearly every answer at once. */
const smallText = 16 * 1024;
/** Milliseconds until room for a slice is looked for again. */
const roomPause = 50;

/**
 * `more`: headers behind the answer's own. `isDone`: it answers a write, which is not refused any more. Undefined: nothing is
 * left to be sent. Rejects when a slice cannot be read, or with what keeps events from beginning. Throws or rejects with
 * Problem `overloaded`.
 */
export type Send = (
  response: ServerResponse,
  answer: Answer,
  more?: readonly string[],
  isDone?: boolean,
) => Promise<void> | undefined;

/**
 * A client that takes nothing is cut off by the server (flow-control/stalled-clients.ts), whatever the answer. `unsent` is the
 * memory of texts that wait for all clients, `buffers` what the system holds of what was sent.
 */
export function sender(scheduler: EventLoopScheduler, unsent: ByteBudget, buffers: Buffers = unboundedBuffers): Send {
  return (response, given, more, isDone = false) => {
    if (response.destroyed) {
      // The client left meanwhile: the response emits no more events.
      if ('release' in given) given.release();
      return undefined;
    }
    if (given.kind === 'text') {
      if (given.text.length > smallText) hold(response, given.text.length, scheduler, unsent, buffers, isDone);
      buffers.sent(given.text.length);
      return sendText(response, given, more);
    }
    const answer = more === undefined ? given : { ...given, headers: given.headers.concat(more) };
    if (answer.kind === 'bytes') return sendBytes(response, answer, scheduler, buffers);
    if (answer.kind === 'slices') return sendSlices(response, answer, scheduler, unsent, buffers);
    return sendEvents(response, answer);
  };
}

export function sendText(
  response: ServerResponse,
  { status, headers, text, encoding, shared }: TextAnswer,
  more?: readonly string[],
): undefined {
  response.writeHead(status, (more === undefined ? headers : [...headers, ...more]) as string[]);
  if (shared === undefined) response.end(text, encoding);
  // A text is copied twice for each client, by V8 and for the system.
  else response.end(shared.of(text, encoding));
}

/** What a write answers is not refused any more, and counts in the place of its body. Throws Problem `overloaded`. */
function hold(
  response: ServerResponse,
  length: number,
  scheduler: EventLoopScheduler,
  unsent: ByteBudget,
  buffers: Buffers,
  isDone: boolean,
): void {
  scheduler.sent(length);
  noteLargeRead(response);
  if (isDone || isHead(response)) return;
  if (buffers.isFull) throw noRoom();
  const held = unsent.begin(() => cutOff(response));
  response.once('close', () => held.release());
  if (held.grow(length)) return;
  held.release();
  throw noRoom();
}

function sendBytes(
  response: ServerResponse,
  { status, headers, parts, length, release }: BytesAnswer,
  scheduler: EventLoopScheduler,
  buffers: Buffers,
): Promise<void> | undefined {
  response.once('close', release);
  if (buffers.isFull && length > smallText && !isHead(response)) {
    // The answer in place of it closes the response, too.
    throw noRoom();
  }
  response.writeHead(status, headers as string[]);
  if (isHead(response)) {
    response.end();
    return undefined;
  }
  if (length <= batchBytes) {
    buffers.sent(length);
    // One part ends it: it goes out together with the head.
    if (parts.length > 1) writeTogether(response, parts);
    response.end(parts.length > 1 ? undefined : parts[0]);
    return undefined;
  }
  return sendBatches(response, parts, scheduler, buffers);
}

/** Writes batch by batch and ends the response, as fast as the client takes it; others have their turn in between. */
async function sendBatches(
  response: ServerResponse,
  parts: readonly Buffer[],
  scheduler: EventLoopScheduler,
  buffers: Buffers,
): Promise<void> {
  let isFirst = true;
  for (const batch of batches(parts)) {
    if (!isFirst) await nextTurn(response, scheduler);
    while (!isFirst && buffers.isFull && !response.destroyed) await nextTurnLater(response, scheduler);
    isFirst = false;
    if (response.destroyed) return;
    buffers.sent(batchBytes);
    writeTogether(response, batch);
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
  unsent: ByteBudget,
  buffers: Buffers,
): Promise<void> {
  let cut: Problem | undefined;
  onCut((problem) => {
    cut = problem;
    // Wakes what waits for the client, too.
    response.destroy();
  });
  try {
    const begin = (): Writable => {
      response.writeHead(status, headers as string[]);
      return coding === undefined ? response : throughCoder(coding, response);
    };
    if (isHead(response)) response.writeHead(status, headers as string[]).end();
    else await sendTexts(response, begin, slices, scheduler, unsent, buffers);
    // Until the client has taken the last one, it counts among those that are under way.
    if (!response.writableFinished && !response.destroyed) await eventOrClose(response, 'finish');
    if (cut !== undefined) throw cut;
  } finally {
    release();
  }
}

/**
 * Text by text, into what `begin` returns, as fast as the client takes it; each text counts until the client has taken it. Rejects with Problem
 * `overloaded` before `begin`.
 */
async function sendTexts(
  response: ServerResponse,
  begin: () => Writable,
  texts: Iterable<string | Buffer>,
  scheduler: EventLoopScheduler,
  unsent: ByteBudget,
  buffers: Buffers,
): Promise<void> {
  let held: HeldBytes | undefined;
  let target: Writable = response;
  response.once('close', () => held?.release());
  for (const text of texts) {
    if (held === undefined) {
      if (text.length > smallText && buffers.isFull) throw noRoom();
      held = roomFor(text, response, unsent);
      if (held === undefined) throw noRoom();
      target = begin();
    } else {
      await nextTurn(target, scheduler);
      if (response.destroyed || target.destroyed) return;
      held.release();
      held = buffers.isFull ? undefined : roomFor(text, response, unsent);
      held ??= await waitForRoom(text, response, scheduler, unsent, buffers);
      if (held === undefined || response.destroyed) return;
    }
    buffers.sent(text.length);
    target.write(text);
  }
  target.end();
}

/** For others: what the system holds for its client makes room, too. */
function cutOff(response: ServerResponse): void {
  if (response.socket === null) response.destroy();
  else resetConnection(response.socket);
}

function noRoom(): Problem {
  return overloaded('Too many answers wait for their clients.');
}

function roomFor({ length }: string | Buffer, response: ServerResponse, unsent: ByteBudget): HeldBytes | undefined {
  const held = unsent.begin(() => cutOff(response));
  if (held.grow(length)) return held;
  held.release();
  return undefined;
}

/** Those that take nothing make room in a second. Undefined: the client has left. */
async function waitForRoom(
  text: string | Buffer,
  response: ServerResponse,
  scheduler: EventLoopScheduler,
  unsent: ByteBudget,
  buffers: Buffers,
): Promise<HeldBytes | undefined> {
  while (!response.destroyed) {
    await nextTurnLater(response, scheduler);
    if (buffers.isFull) continue;
    const held = roomFor(text, response, unsent);
    if (held === undefined) continue;
    // The response is closed, so no other code releases it.
    if (response.destroyed) held.release();
    return held;
  }
  return undefined;
}

/** What goes to the response in the coding. Each ends with the other. */
function throughCoder(coding: Coding, response: ServerResponse): Writable {
  const coder = compressor(coding);
  // The layers and the pipeline wait for its end: eleven together when the request had a body, one more than Node's default.
  response.setMaxListeners(16);
  // A client that leaves ends the response itself.
  pipeline(coder, response, () => {});
  return coder;
}

async function sendEvents(response: ServerResponse, { status, headers, open }: EventsAnswer): Promise<void> {
  await open(response, () => {
    response.writeHead(status, headers as string[]);
    response.flushHeaders();
  });
}

/** Resolves when the client has taken what was written and it is this answer's turn, or when the client has gone. */
async function nextTurn(response: Writable, scheduler: EventLoopScheduler): Promise<void> {
  // What compresses fails when its response closes: then the client has gone.
  if (response.writableNeedDrain) await eventOrClose(response, 'drain').catch(unlessGone(response));
  if (!response.destroyed) await scheduler.next();
}

/** Others that wait for the same wake up in the same turn of the event loop. */
async function nextTurnLater(response: Writable, scheduler: EventLoopScheduler): Promise<void> {
  await setTimeout(roomPause);
  if (!response.destroyed) await scheduler.next();
}

function unlessGone(target: Writable): (error: unknown) => void {
  return (error) => {
    if (!target.destroyed) throw error;
  };
}

/** Plain listeners: to end a wait of node:events by a signal makes two errors with their stacks each time. */
function eventOrClose(response: Writable, event: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error) => {
      response.off(event, done).off('close', done).off('error', settle);
      if (error === undefined) resolve();
      else reject(error);
    };
    const done = () => settle();
    response.on(event, done).on('close', done).on('error', settle);
  });
}

/** The head of the answer to a GET, without its body (RFC 9110, 9.3.2). */
function isHead({ req }: ServerResponse): boolean {
  return req.method === 'HEAD';
}
