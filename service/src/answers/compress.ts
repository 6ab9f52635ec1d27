/**
 * Answers in zstd or gzip, for clients that ask for it (RFC 9110, 12.5.3). Only answers that show many keys, or nothing of the
 * store: a single value's entity tag is a condition of writes, and stays what it is. BREACH needs a secret beside text
 * that somebody else chose: a token that reads anything reads everything, and no browser sends one by itself.
 */
import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '../server/byte-budget.ts';
import type { Answer, BytesAnswer, SlicedAnswer, TextAnswer } from './answer.ts';
import { type Coding, coderBytes, codingOf, compressed } from './codings.ts';
import { tagOf } from './entity-tag.ts';

/** Bytes below which the frames of a coding are not worth the work. */
const least = 1024;

/** Of the memory for answers: as it can do without, an answer is sent as it is when more is in use. */
const coderShare = 1 / 2;

/** Routes whose answers may be large. */
const compressible: ReadonlySet<string> = new Set(['/', '/get', '/search', '/metrics', '/openapi.json']);

export function isCompressible(path: string): boolean {
  return compressible.has(path);
}

/** What was compressed, as long as the bytes that it was made from are kept. */
const kept = new WeakMap<readonly Buffer[], Map<Coding, Promise<Buffer>>>();

/**
 * The answer in the coding that the request asks for. One of a few bytes, or of no content, stays as it is; so does each one
 * while the memory for answers (`unsent`) is needed for others.
 */
export function inCoding({ headers }: IncomingMessage, answer: Answer, unsent: ByteBudget): Answer | Promise<Answer> {
  if (answer.kind === 'events' || answer.headers.includes('Content-Encoding')) return answer;
  const coding = codingOf(headers['accept-encoding']);
  if (answer.status !== 200 || coding === undefined || isSmall(answer)) return answer;
  const held = unsent.hold(coderBytes[coding], coderShare);
  if (held === undefined) return answer;
  const done = () => held.release();
  if (answer.kind === 'text') return compressedText(answer, coding).finally(done);
  if (answer.kind === 'bytes') return compressedBytes(answer, coding).finally(done);
  const release = () => {
    done();
    answer.release();
  };
  return { ...answer, coding, headers: codedHeaders(answer.headers, coding, ['Content-Encoding', coding]), release };
}

function isSmall(answer: TextAnswer | BytesAnswer | SlicedAnswer): boolean {
  if (answer.kind === 'slices') return false;
  return (answer.kind === 'bytes' ? answer.length : answer.text.length) < least;
}

async function compressedText(answer: TextAnswer, coding: Coding): Promise<Answer> {
  const bytes = await compressed(coding, [Buffer.from(answer.text, answer.encoding)]);
  return { ...bytesAnswer(answer, coding, bytes, () => {}), isOwn: true };
}

async function compressedBytes(answer: BytesAnswer, coding: Coding): Promise<Answer> {
  try {
    return bytesAnswer(answer, coding, await keptBytes(answer.parts, coding), answer.release);
  } catch (error) {
    kept.get(answer.parts)?.delete(coding);
    answer.release();
    throw error;
  }
}

function keptBytes(parts: readonly Buffer[], coding: Coding): Promise<Buffer> {
  const codings = kept.get(parts) ?? new Map<Coding, Promise<Buffer>>();
  kept.set(parts, codings);
  const made = codings.get(coding) ?? compressed(coding, parts);
  codings.set(coding, made);
  return made;
}

function bytesAnswer({ status, headers }: Answer, coding: Coding, bytes: Buffer, release: () => void): BytesAnswer {
  const more = ['Content-Encoding', coding, 'Content-Length', String(bytes.length)];
  const coded = codedHeaders(headers, coding, more);
  return { kind: 'bytes', status, headers: coded, parts: [bytes], length: bytes.length, release };
}

/** RFC 9110, 8.8.3.3: an entity tag of its own for each coding. */
function codedHeaders(headers: readonly string[], coding: Coding, more: readonly string[]): readonly string[] {
  const coded: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (name === 'Content-Length') continue;
    coded.push(name, name === 'ETag' ? tagOf(value, `-${coding}`) : value);
  }
  return [...coded, ...more];
}
