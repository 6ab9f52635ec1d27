/**
 * Answers of searches and pages that clients repeat before anything is written: with values, with both texts, by
 * page, as lines. Two answers to the same question with the same entity tag are the same bytes, so that no write has to
 * be announced: the first read after one finds another tag, and all is dropped.
 */
import type { Answer, BytesAnswer, SlicedAnswer, TextAnswer } from '../answers/answer.ts';
import { CodedForms } from '../answers/coded-forms.ts';
import type { Store } from '../store/store.ts';
import { InFlightTexts } from './in-flight-texts.ts';

/** Bytes of a part: what goes out in one system call. */
const partLength = 1 << 20;
/** Bytes of an answer: as JSON Lines, ten or twenty thousand pairs. */
const maxLength = 4 * partLength;
/** Characters of a text that stays one: it goes out in one piece with its head, and no coding is made of so few. */
const shortText = 1024;
/** Questions with a long answer that are remembered to be known when they come again. */
const maxAsked = 1000;
/** Characters of the longest question whose answer is kept. */
const maxQuestion = 4096;
/** Bytes that an answer takes beside its text, about. */
const overhead = 500;
/** Answers of before that may be on their way to clients, in bytes, as a multiple of what is kept. */
const heldFactor = 2;

type KeptBytes = Omit<BytesAnswer, 'release'>;
type KeptAnswer = TextAnswer | KeptBytes;

/** What is known of the answers with one entity tag. */
class Kept {
  readonly tag: string;
  readonly asked = new Set<string>();
  readonly answers = new Map<string, KeptAnswer>();
  /** Of all answers. */
  bytes = 0;

  constructor(tag: string) {
    this.tag = tag;
  }

  /** Whether the question came before. */
  again(question: string): boolean {
    if (this.asked.has(question)) return true;
    if (this.asked.size < maxAsked) this.asked.add(question);
    return false;
  }
}

/** Answers to what clients ask again. */
export interface Reads {
  /** The answer to the question at this entity tag; undefined: it is to be read. */
  get(question: string, tag: string): TextAnswer | BytesAnswer | undefined;
  /**
   * Returns the answer that was read, and keeps it: at once when it is one text; when the question came before at this tag if
   * it comes in slices, since to put those together takes a tenth of the time that it takes to read them.
   */
  pass(question: string, tag: string, answer: Answer): Answer;
}

export class RepeatedReads implements Reads {
  readonly #maxBytes: number;
  #kept = new Kept('');
  /** Bytes of answers that clients are taking and that may be kept then. */
  #gathering = 0;
  readonly #inFlight = new InFlightTexts();

  /**
   * `maxBytes`: of what is kept, about; 0 keeps nothing. `store`: says when its index is replaced or known to be damaged,
   * since what was read before may be short of keys then.
   */
  constructor(maxBytes: number, store?: Pick<Store, 'listen'>) {
    this.#maxBytes = maxBytes;
    const nothing = () => {};
    const replaced = () => {
      this.#kept = new Kept('');
    };
    store?.listen?.({ begun: nothing, touched: nothing, settled: nothing, timelineChanged: nothing, replaced });
  }

  get(question: string, tag: string): TextAnswer | BytesAnswer | undefined {
    if (tag !== this.#kept.tag) return undefined;
    let answer = this.#kept.answers.get(question);
    if (answer === undefined) return undefined;
    if (answer.kind === 'text') {
      if (answer.text.length < shortText) return answer;
      // Its second request: most answers that a write drops soon never come so far.
      answer = bytesOf(answer, [Buffer.from(answer.text, answer.encoding)]);
      this.#kept.answers.set(question, answer);
    }
    if (this.#inFlight.bytes > heldFactor * this.#maxBytes) return undefined;
    return { ...answer, release: this.#inFlight.hold(answer.parts, answer.length) };
  }

  pass(question: string, tag: string, answer: Answer): Answer {
    if (answer.kind !== 'text' && answer.kind !== 'slices') return answer;
    if (this.#maxBytes === 0 || question.length > maxQuestion) return answer;
    if (tag !== this.#kept.tag) this.#kept = new Kept(tag);
    const kept = this.#kept;
    if (answer.kind === 'text') {
      this.#put(kept, question, answer, Buffer.byteLength(answer.text));
      return answer;
    }
    if (!kept.again(question)) return answer;
    return { ...answer, slices: this.#gathered(kept, question, answer) };
  }

  /** Clients take as long as they like: what is gathered for all of them has a bound, too. */
  *#gathered(kept: Kept, question: string, answer: SlicedAnswer): Iterable<string | Buffer> {
    let gathered: (string | Buffer)[] | undefined = [];
    let length = 0;
    const drop = () => {
      if (gathered !== undefined) this.#gathering -= length;
      gathered = undefined;
    };
    try {
      for (const slice of answer.slices) {
        if (gathered !== undefined) {
          length += slice.length;
          this.#gathering += slice.length;
          gathered.push(slice);
          if (length > maxLength || this.#gathering > this.#maxBytes || kept !== this.#kept) drop();
        }
        yield slice;
      }
      if (gathered === undefined) return;
      // Not before: a write may drop it meanwhile.
      const bytes = bytesOf(answer, partsOf(gathered));
      const headers = [...answer.headers, 'Content-Length', String(bytes.length)];
      this.#put(kept, question, { ...bytes, headers }, bytes.length);
    } finally {
      drop();
    }
  }

  #put(kept: Kept, question: string, answer: KeptAnswer, length: number): void {
    const bytes = overhead + 2 * question.length + length;
    if (kept !== this.#kept || length > maxLength || kept.answers.has(question)) return;
    if (kept.bytes + bytes > this.#maxBytes) return;
    kept.bytes += bytes;
    kept.answers.set(question, answer);
  }
}

function bytesOf({ status, headers }: Pick<Answer, 'status' | 'headers'>, parts: readonly Buffer[]): KeptBytes {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return { kind: 'bytes', status, headers, parts, length, forms: new CodedForms() };
}

/** The slices of an answer, put together. */
function partsOf(slices: readonly (string | Buffer)[]): readonly Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  let length = 0;
  for (const [i, slice] of slices.entries()) {
    length += slice.length;
    if (length < partLength && i < slices.length - 1) continue;
    parts.push(Buffer.from(slices.slice(from, i + 1).join('')));
    from = i + 1;
    length = 0;
  }
  return parts;
}
