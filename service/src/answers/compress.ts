/**
 * Answers in zstd or gzip, for clients that ask for it (RFC 9110, 12.5.3). Only answers that show many keys, or nothing of the
 * store: a single value's entity tag is a condition of writes, and stays what it is. BREACH needs a secret beside text
 * that somebody else chose: a token that reads anything reads everything, and no browser sends one by itself.
 */
import type { IncomingMessage } from 'node:http';
import type { ByteBudget, HeldBytes } from '../flow-control/byte-budget.ts';
import { type Answer, type BytesAnswer, hasHeader, type SlicedAnswer, type TextAnswer } from './answer.ts';
import { type CodedForm, CodedForms } from './coded-forms.ts';
import { type Coding, coderBytes, coderShare, codingOf } from './codings.ts';
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
  // What a request asks for is looked at last: most answers are small.
  if (answer.status !== 200 || answer.kind === 'events' || isSmall(answer)) return answer;
  if (hasHeader(answer, 'Content-Encoding')) return answer;
  const coding = codingOf(headers['accept-encoding']);
  if (coding === undefined) return answer;
  if (answer.kind !== 'slices') return compressedWhole(answer, coding, unsent);
  const held = unsent.hold(coderBytes[coding], coderShare);
  return held === undefined ? answer : compressedSlices(answer, coding, held);
}

function isSmall(answer: TextAnswer | BytesAnswer | SlicedAnswer): boolean {
  if (answer.kind === 'slices') return false;
  return (answer.kind === 'bytes' ? answer.length : answer.text.length) < least;
}

/** The answer with what is made of it in codings, for one that is kept. */
export function withForms(answer: TextAnswer): TextAnswer {
  return answer.text.length < least ? answer : { ...answer, forms: new CodedForms() };
}

/** What is too large to be kept in the coding is compressed on its way. */
function compressedWhole(
  answer: TextAnswer | BytesAnswer,
  coding: Coding,
  unsent: ByteBudget,
): Answer | Promise<Answer> {
  const { forms = new CodedForms() } = answer;
  const failed = (error: unknown): never => {
    released(answer);
    throw error;
  };
  let form: ReturnType<CodedForms['take']>;
  try {
    form = forms.take(coding, lengthOf(answer), partsOf(answer), unsent);
  } catch (error) {
    return failed(error);
  }
  if (form === undefined || !('then' in form)) return withForm(answer, coding, form, unsent);
  return form.then((made) => withForm(answer, coding, made, unsent), failed);
}

function withForm(
  answer: TextAnswer | BytesAnswer,
  coding: Coding,
  form: CodedForm | undefined,
  unsent: ByteBudget,
): Answer {
  const { status, headers } = answer;
  if (form !== undefined) {
    // What it was made from is not sent.
    released(answer);
    const { length } = form.kind === 'text' ? form.text : form;
    const coded = [...codedHeaders(headers, coding), 'Content-Length', String(length)];
    return form.kind === 'text' ? latin1Answer(status, coded, form.text) : { ...form, status, headers: coded };
  }
  const held = unsent.hold(coderBytes[coding], coderShare);
  if (held === undefined) return answer;
  // Nothing of the answer itself: it has the forms, which are not to be kept by a slow client.
  const slices = answer.kind === 'bytes' ? answer.parts : [answer.text];
  const release = () => released(answer);
  return compressedSlices({ kind: 'slices', status, headers, slices, onCut() {}, release }, coding, held);
}

function latin1Answer(status: number, headers: readonly string[], text: string): TextAnswer {
  return { kind: 'text', status, headers, text, encoding: 'latin1', problem: undefined, etag: undefined };
}

function released(answer: TextAnswer | BytesAnswer): void {
  if (answer.kind === 'bytes') answer.release();
}

/** Bytes, of a text that is not all ASCII the most that it may have. */
function lengthOf(answer: TextAnswer | BytesAnswer): number {
  if (answer.kind === 'bytes') return answer.length;
  return answer.encoding === 'latin1' ? answer.text.length : 3 * answer.text.length;
}

function partsOf(answer: TextAnswer | BytesAnswer): Iterable<Buffer> {
  return answer.kind === 'bytes' ? answer.parts : encoded(answer);
}

/** Made when it is first read: of most answers, the form in the coding is there. */
function* encoded({ text, encoding }: TextAnswer): Iterable<Buffer> {
  yield Buffer.from(text, encoding);
}

function compressedSlices(answer: SlicedAnswer, coding: Coding, held: HeldBytes): SlicedAnswer {
  const release = () => {
    held.release();
    answer.release();
  };
  return { ...answer, coding, headers: codedHeaders(answer.headers, coding), release };
}

/** RFC 9110, 8.8.3.3: an entity tag of its own for each coding. Without the length, which is another one. */
function codedHeaders(headers: readonly string[], coding: Coding): readonly string[] {
  const coded: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (name !== 'Content-Length') coded.push(name, name === 'ETag' ? tagOf(value, `-${coding}`) : value);
  }
  coded.push('Content-Encoding', coding);
  return coded;
}
