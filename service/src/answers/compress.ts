/**
 * Answers in zstd or gzip, for clients that ask for it (RFC 9110, 12.5.3). Only answers that show many keys, or nothing of the
 * store: a single value's entity tag is a condition of writes, and stays what it is. BREACH needs a secret beside text
 * that somebody else chose: a token that reads anything reads everything, and no browser sends one by itself.
 */
import type { IncomingMessage } from 'node:http';
import type { ByteBudget, HeldBytes } from '../server/byte-budget.ts';
import { type Answer, type BytesAnswer, hasHeader, type SlicedAnswer, type TextAnswer } from './answer.ts';
import { type CodedForm, CodedForms } from './coded-forms.ts';
import { type Coding, coderBytes, coderShare, codingOf, compressed } from './codings.ts';
import { tagOf } from './entity-tag.ts';

/** Bytes below which the frames of a coding are not worth the work. */
const least = 1024;

/** Routes whose answers may be large. */
const compressible: ReadonlySet<string> = new Set(['/', '/get', '/search', '/metrics', '/openapi.json']);

export function isCompressible(path: string): boolean {
  return compressible.has(path);
}

/**
 * The answer in the coding that the request asks for. One of a few bytes, or of no content, stays as it is; so does each one
 * while the memory for answers (`unsent`) is needed for others.
 */
export function inCoding({ headers }: IncomingMessage, answer: Answer, unsent: ByteBudget): Answer | Promise<Answer> {
  if (answer.kind === 'events' || hasHeader(answer, 'Content-Encoding')) return answer;
  const coding = codingOf(headers['accept-encoding']);
  if (answer.status !== 200 || coding === undefined || isSmall(answer)) return answer;
  if (answer.kind === 'bytes') return compressedBytes(answer, coding, unsent);
  const held = unsent.hold(coderBytes[coding], coderShare);
  if (held === undefined) return answer;
  if (answer.kind === 'text') return compressedText(answer, coding).finally(() => held.release());
  return compressedSlices(answer, coding, held);
}

function isSmall(answer: TextAnswer | BytesAnswer | SlicedAnswer): boolean {
  if (answer.kind === 'slices') return false;
  return (answer.kind === 'bytes' ? answer.length : answer.text.length) < least;
}

async function compressedText(answer: TextAnswer, coding: Coding): Promise<Answer> {
  const bytes = await compressed(coding, Buffer.from(answer.text, answer.encoding));
  return { ...bytesAnswer(answer, coding, { parts: [bytes], length: bytes.length, release() {} }), isOwn: true };
}

/** What is too large to be kept in the coding is compressed on its way. */
async function compressedBytes(answer: BytesAnswer, coding: Coding, unsent: ByteBudget): Promise<Answer> {
  const { status, headers, parts, forms = new CodedForms(), release } = answer;
  let form: CodedForm | undefined;
  try {
    form = await forms.take(coding, parts, unsent);
  } catch (error) {
    release();
    throw error;
  }
  if (form !== undefined) {
    // What it was made from is not sent.
    release();
    return bytesAnswer(answer, coding, form);
  }
  const held = unsent.hold(coderBytes[coding], coderShare);
  if (held === undefined) return answer;
  // Nothing of the answer itself: it has the forms, which are not to be kept by a slow client.
  return compressedSlices({ kind: 'slices', status, headers, slices: parts, onCut() {}, release }, coding, held);
}

function compressedSlices(answer: SlicedAnswer, coding: Coding, held: HeldBytes): SlicedAnswer {
  const release = () => {
    held.release();
    answer.release();
  };
  return { ...answer, coding, headers: codedHeaders(answer.headers, coding, ['Content-Encoding', coding]), release };
}

function bytesAnswer({ status, headers }: Answer, coding: Coding, form: CodedForm): BytesAnswer {
  const { parts, length, release } = form;
  const more = ['Content-Encoding', coding, 'Content-Length', String(length)];
  return { kind: 'bytes', status, headers: codedHeaders(headers, coding, more), parts, length, release };
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
