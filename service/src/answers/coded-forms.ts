/**
 * A text that is kept ready, in the codings that clients ask for. Each form counts in the memory for answers while it is
 * made and while it is sent, once however many clients take it. It is kept as long as the text is the newest one: its owner
 * (caches/) drops both together, and what is still sent holds no more than its own bytes.
 */
import type { ByteBudget, HeldBytes } from '../flow-control/byte-budget.ts';
import {
  atOnce,
  type Coding,
  chunkSize,
  coderBytes,
  coderShare,
  compressedAtOnce,
  compressedPieces,
} from './codings.ts';

/** Bytes of a form. A text that takes more is compressed for each client as it takes it. */
export const largestForm = 8 * 1024 ** 2;

/**
 * Bytes of a form that is kept as a text of latin1: node:http sends it in one piece with its head, where bytes cost a search a
 * third more. As any answer so short it is not counted while it is sent (send.ts).
 */
const longestShort = 16 * 1024;

interface ShortForm {
  readonly kind: 'text';
  /** A character for each byte. */
  readonly text: string;
}

interface LongForm {
  readonly kind: 'bytes';
  readonly parts: readonly Buffer[];
  /** Bytes of all parts. */
  readonly length: number;
  /** Call it once, when the parts have been sent. */
  release(): void;
}

export type CodedForm = ShortForm | LongForm;

/** One that is made in time, or is long: what is short and has been made is a ShortForm. */
interface Form {
  readonly kind: 'form';
  /** Undefined: it is being made. */
  parts: readonly Buffer[] | undefined;
  /** Resolves when it has been made, with one that has come out short, or when it has become too large or has had no room. */
  making: Promise<ShortForm | undefined>;
  length: number;
  /** Answers that send it, or wait until it is made. */
  senders: number;
  /** Undefined: no answer sends it. */
  held: HeldBytes | undefined;
}

export class CodedForms {
  readonly #forms = new Map<Coding, Form | ShortForm>();
  readonly #tooLarge = new Set<Coding>();

  /**
   * The text in the coding: at once when it is there or is short, since a promise more is a part of what a search costs.
   * Undefined: it is too large to be kept, or there is no room for it. Rejects when it cannot be compressed.
   * @param length of the text in bytes
   * @param parts of the text, always the same; read when the form is to be made
   */
  take(
    coding: Coding,
    length: number,
    parts: Iterable<Buffer>,
    unsent: ByteBudget,
  ): CodedForm | undefined | Promise<CodedForm | undefined> {
    if (this.#tooLarge.has(coding)) return undefined;
    const form = this.#forms.get(coding) ?? this.#begin(coding, length, parts, unsent);
    if (form === undefined || form.kind === 'text') return form;
    form.held ??= unsent.hold(form.length, coderShare);
    if (form.held === undefined) return undefined;
    form.senders++;
    return longForm(form) ?? whenMade(form);
  }

  #begin(coding: Coding, length: number, parts: Iterable<Buffer>, unsent: ByteBudget): Form | ShortForm | undefined {
    if (length <= atOnce) return this.#keepShort(coding, compressedAtOnce(coding, Buffer.concat([...parts])));
    const held = unsent.hold(coderBytes[coding] + chunkSize, coderShare);
    if (held === undefined) return undefined;
    const making = Promise.resolve(undefined);
    const form: Form = { kind: 'form', parts: undefined, making, length: 0, senders: 0, held };
    this.#forms.set(coding, form);
    form.making = this.#make(form, coding, parts, held);
    return form;
  }

  #keepShort(coding: Coding, bytes: Buffer): ShortForm {
    const form: ShortForm = { kind: 'text', text: bytes.toString('latin1') };
    this.#forms.set(coding, form);
    return form;
  }

  async #make(form: Form, coding: Coding, parts: Iterable<Buffer>, held: HeldBytes): Promise<ShortForm | undefined> {
    const pieces: Buffer[] = [];
    let isWhole = false;
    try {
      for await (const piece of compressedPieces(coding, parts)) {
        // The first chunk counts from the beginning.
        const growth = form.length + piece.length - Math.max(form.length, chunkSize);
        form.length += piece.length;
        if (form.length > largestForm) this.#tooLarge.add(coding);
        if (form.length > largestForm || (growth > 0 && !held.grow(growth, coderShare))) return undefined;
        pieces.push(piece);
      }
      isWhole = true;
      held.shrink(form.length);
      if (form.length <= longestShort) return this.#keepShort(coding, Buffer.concat(pieces));
      // A small piece is a part of a whole chunk.
      form.parts = form.length < chunkSize ? [Buffer.concat(pieces)] : pieces;
      return undefined;
    } finally {
      if (!isWhole) this.#forms.delete(coding);
    }
  }
}

/** Of a form that has a sender more. */
async function whenMade(form: Form): Promise<CodedForm | undefined> {
  try {
    const short = await form.making;
    const long = longForm(form);
    if (long !== undefined) return long;
    // Nothing is held of a short one, nor of what has become too large.
    sent(form);
    return short;
  } catch (error) {
    sent(form);
    throw error;
  }
}

function longForm(form: Form): LongForm | undefined {
  const { parts, length } = form;
  return parts && { kind: 'bytes', parts, length, release: () => sent(form) };
}

function sent(form: Form): void {
  if (--form.senders > 0) return;
  form.held?.release();
  form.held = undefined;
}
