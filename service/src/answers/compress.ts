/**
 * Answers in gzip, for clients that ask for it (RFC 9110, 12.5.3). Only answers that show many keys, or nothing of the
 * store: a single value's entity tag is a condition of writes, and stays what it is. BREACH needs a secret beside text
 * that somebody else chose: a token that reads anything reads everything, and no browser sends one by itself.
 */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';
import { negotiation } from '../requests/negotiation.ts';
import type { ByteBudget } from '../server/byte-budget.ts';
import type { Answer, BytesAnswer, SlicedAnswer, TextAnswer } from './answer.ts';
import { tagOf, withoutCoding } from './entity-tag.ts';

/** Bytes below which the frames of gzip are not worth the work. */
const least = 1024;

/** More takes several times as long and saves little: 10,000 keys of 10 characters become 30 KB or 24 KB. */
export const gzipOptions = { level: 3, strategy: constants.Z_DEFAULT_STRATEGY } as const;

/** What compressing takes while it lasts: of a stream, as long as its client takes. Measured: 0.3 MiB, and what it is given. */
const coderBytes = 512 * 1024;

/** Of the memory for answers: as it can do without, an answer is sent as it is when more is in use. */
const coderShare = 1 / 2;

/** Routes whose answers may be large. */
const compressible: ReadonlySet<string> = new Set(['/', '/search', '/metrics', '/openapi.json']);

export function isCompressible(path: string): boolean {
  return compressible.has(path);
}

/** What was compressed, as long as the bytes that it was made from are kept. */
const kept = new WeakMap<readonly Buffer[], Promise<Buffer>>();

/**
 * The answer in the coding that the request asks for. One of a few bytes, or of no content, stays as it is; so does each one
 * while the memory for answers (`unsent`) is needed for others.
 */
export function inCoding({ headers }: IncomingMessage, answer: Answer, unsent: ByteBudget): Answer | Promise<Answer> {
  if (answer.kind === 'events' || answer.headers.includes('Content-Encoding')) return answer;
  if (answer.status === 304) {
    // The tag that the client has is that of its own coding.
    const hadCoding = withoutCoding(headers['if-none-match']) !== headers['if-none-match'];
    return hadCoding ? { ...answer, headers: codedHeaders(answer.headers, []) } : answer;
  }
  if (answer.status !== 200 || !asksForGzip(headers['accept-encoding'])) return answer;
  if (isSmall(answer)) return answer;
  const held = unsent.hold(coderBytes, coderShare);
  if (held === undefined) return answer;
  const done = () => held.release();
  if (answer.kind === 'text') return compressedText(answer).finally(done);
  if (answer.kind === 'bytes') return compressedBytes(answer).finally(done);
  const release = () => {
    done();
    answer.release();
  };
  return { ...answer, coding: 'gzip', headers: codedHeaders(answer.headers, ['Content-Encoding', 'gzip']), release };
}

function isSmall(answer: TextAnswer | BytesAnswer | SlicedAnswer): boolean {
  if (answer.kind === 'slices') return false;
  return (answer.kind === 'bytes' ? answer.length : answer.text.length) < least;
}

/** Without joining the parts: together they may be as large as what is kept ready. */
async function gzip(parts: readonly Buffer[]): Promise<Buffer> {
  const coder = createGzip({ ...gzipOptions, chunkSize });
  const [bytes] = await Promise.all([buffer(coder), pipeline(Readable.from(parts), coder)]);
  return bytes;
}

/** Bytes that come out of the coder at once. */
const chunkSize = 64 * 1024;

function asksForGzip(accepted: string | undefined): boolean {
  if (accepted === undefined) return false;
  return negotiation({ 'accept-encoding': accepted }).encoding(['gzip', 'identity']) === 'gzip';
}

async function compressedText(answer: TextAnswer): Promise<Answer> {
  const bytes = await gzip([Buffer.from(answer.text, answer.encoding)]);
  return { ...bytesAnswer(answer, bytes, () => {}), isOwn: true };
}

async function compressedBytes(answer: BytesAnswer): Promise<Answer> {
  const { parts } = answer;
  let made = kept.get(parts);
  if (made === undefined) {
    made = gzip(parts);
    kept.set(parts, made);
  }
  try {
    return bytesAnswer(answer, await made, answer.release);
  } catch (error) {
    kept.delete(parts);
    answer.release();
    throw error;
  }
}

function bytesAnswer({ status, headers }: Answer, bytes: Buffer, release: () => void): BytesAnswer {
  const more = ['Content-Encoding', 'gzip', 'Content-Length', String(bytes.length)];
  return { kind: 'bytes', status, headers: codedHeaders(headers, more), parts: [bytes], length: bytes.length, release };
}

/** RFC 9110, 8.8.3.3: an entity tag of its own for each coding. */
function codedHeaders(headers: readonly string[], more: readonly string[]): readonly string[] {
  const coded: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (name === 'Content-Length') continue;
    coded.push(name, name === 'ETag' ? tagOf(value, '-gzip') : value);
  }
  return [...coded, ...more];
}
