/**
 * Answers in gzip, for clients that ask for it (RFC 9110, 12.5.3). Only answers that show many keys, or nothing of the
 * store: a single value's entity tag is a condition of writes, and stays what it is. BREACH needs a secret beside text
 * that somebody else chose: a token that reads anything reads everything, and no browser sends one by itself.
 */
import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { constants, gzip as gzipWithCallback } from 'node:zlib';
import { negotiation } from '../requests/negotiation.ts';
import type { Answer, BytesAnswer } from './answer.ts';
import { tagOf, withoutCoding } from './entity-tag.ts';

const gzip = promisify(gzipWithCallback);

/** Bytes below which the frames of gzip are not worth the work. */
const least = 1024;

/** More takes several times as long and saves little: 10,000 keys of 10 characters become 30 KB or 24 KB. */
export const gzipOptions = { level: 3, strategy: constants.Z_DEFAULT_STRATEGY } as const;

/** Routes whose answers may be large. */
const compressible: ReadonlySet<string> = new Set(['/', '/search', '/metrics', '/openapi.json']);

export function isCompressible(path: string): boolean {
  return compressible.has(path);
}

/** What was compressed, as long as the bytes that it was made from are kept. */
const kept = new WeakMap<readonly Buffer[], Promise<Buffer>>();

/** The answer in the coding that the request asks for. One of a few bytes, or of no content, stays as it is. */
export function inCoding({ headers }: IncomingMessage, answer: Answer): Answer | Promise<Answer> {
  if (answer.kind === 'events' || answer.headers.includes('Content-Encoding')) return answer;
  if (answer.status === 304) {
    // The tag that the client has is that of its own coding.
    const hadCoding = withoutCoding(headers['if-none-match']) !== headers['if-none-match'];
    return hadCoding ? { ...answer, headers: codedHeaders(answer.headers, []) } : answer;
  }
  if (answer.status !== 200 || !asksForGzip(headers['accept-encoding'])) return answer;
  if (answer.kind === 'slices') {
    return { ...answer, coding: 'gzip', headers: codedHeaders(answer.headers, ['Content-Encoding', 'gzip']) };
  }
  if (answer.kind === 'bytes') return answer.length < least ? answer : compressedBytes(answer);
  if (answer.text.length < least) return answer;
  return gzip(Buffer.from(answer.text, answer.encoding), gzipOptions).then((bytes) =>
    bytesAnswer(answer, bytes, () => {}),
  );
}

function asksForGzip(accepted: string | undefined): boolean {
  if (accepted === undefined) return false;
  return negotiation({ 'accept-encoding': accepted }).encoding(['gzip', 'identity']) === 'gzip';
}

async function compressedBytes(answer: BytesAnswer): Promise<Answer> {
  const { parts } = answer;
  let made = kept.get(parts);
  if (made === undefined) {
    made = gzip(Buffer.concat(parts), gzipOptions);
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
