/**
 * The text of all pairs, kept ready in pieces by range of keys: a write makes one piece stale, and the next dump reads
 * that one anew. All pieces that are sent together are of one state of the store, that of the turn they are taken in.
 */
import { compareKeys } from '@kvstore/core/key.ts';
import { CodedForms } from '../answers/coded-forms.ts';
import { pairText } from '../answers/pairs.ts';
import type { ChangeListener, Store } from '../store/store.ts';
import { InFlightTexts } from './in-flight-texts.ts';

/** Characters of a piece: reading one anew takes about half a millisecond, and sending one more a few microseconds. */
const pieceSize = 32 * 1024;
/** Bytes up to which a text with a second request is put into one buffer. */
const joinedSize = 1 << 20;
/** Below it, a piece that is read anew takes in the next one. */
const smallPiece = pieceSize / 4;
/** Milliseconds of reading that a dump may add to its turn of the event loop. */
const readTime = 5;
/** Milliseconds of reading in a turn while no request waits for it. */
const fillTime = 2;
/** Milliseconds without a dump after which a write frees the memory. */
const idleTime = 60_000;
/** Dumps of different revisions that may be on their way to clients, in bytes, as a multiple of what is kept. */
const heldFactor = 2;
/** Milliseconds until a store that was too large is tried again. */
const tooLargePause = 300_000;

interface Assembled {
  readonly revision: number;
  readonly parts: readonly Buffer[];
  /** Bytes of all parts. */
  readonly length: number;
  /** The same text in codings; kept no longer than what was taken last. */
  readonly forms: CodedForms;
}

export interface ReadyDump extends Assembled {
  /** Call it when the parts have been sent. */
  release(): void;
}

interface Piece {
  /** It holds the keys behind this one, up to and with the next piece's; undefined: from the first key on. */
  readonly after: string | undefined;
  /** Each pair with a comma before it; undefined: to be read. */
  text: Buffer | undefined;
  /** The last round of transactions that changed a key of it. */
  touchedIn: number;
  /** Until which revision the text holds: that of the state it was read in while a transaction changes it, else any. */
  validAt: number;
}

export class DumpCache implements ChangeListener {
  readonly #store: Store;
  readonly #maxBytes: number;
  readonly #now: () => number;
  #pieces: Piece[] = [];
  /** Transactions under way, and the number of the round that they belong to: one ends when none is under way. */
  #open = 0;
  #round = 0;
  #lastUse = Number.NEGATIVE_INFINITY;
  #offUntil = Number.NEGATIVE_INFINITY;
  #filling = false;
  readonly #held = new InFlightTexts();
  /** What was taken last; undefined: something has changed since. */
  #assembled: Assembled | undefined;

  /**
   * `maxBytes`: of the text; a store that has more is not kept at all, and 0 keeps none.
   * `now`: a clock in milliseconds.
   */
  constructor(store: Store, maxBytes: number, now = () => performance.now()) {
    this.#store = store;
    this.#maxBytes = store.listen === undefined ? 0 : maxBytes;
    this.#now = now;
    if (this.#maxBytes > 0) store.listen?.(this);
  }

  /** The whole text as it is now; undefined: it is not ready, and is to be read from the store. */
  take(): ReadyDump | undefined {
    const now = this.#now();
    // What has expired is in the pieces until it is removed.
    if (this.#maxBytes === 0 || now < this.#offUntil || this.#store.lastExpired() !== undefined) return undefined;
    // Slow clients hold what they have not taken yet; a stream holds less.
    if (this.#held.bytes > heldFactor * this.#maxBytes) return undefined;
    this.#lastUse = now;
    // What a transaction that is under way has changed was noted of no piece.
    if (this.#pieces.length === 0) this.#pieces = [newPiece(undefined, this.#round)];
    const last = this.#assembled;
    if (last?.revision === this.#store.revision()) {
      this.#assembled = last.parts.length > 1 && last.length <= joinedSize ? this.#join(last) : last;
    } else if (this.#readUntil(now + readTime)) {
      this.#assembled = this.#assemble();
    } else {
      this.#fillLater(Math.ceil((2 * this.#maxBytes) / smallPiece));
      return undefined;
    }
    const { revision, parts, length, forms } = this.#assembled;
    return { revision, parts, length, forms, release: this.#held.hold(revision, length) };
  }

  begun(): void {
    if (this.#open++ === 0) this.#round++;
  }

  touched(key: string): void {
    this.#assembled = undefined;
    const piece = this.#pieces[this.#indexOf(key)];
    if (piece === undefined) return;
    piece.text = undefined;
    piece.touchedIn = this.#round;
  }

  settled(): void {
    this.#open--;
    this.#assembled = undefined;
    if (this.#pieces.length > 0 && this.#now() - this.#lastUse > idleTime) this.#pieces = [];
  }

  replaced(): void {
    this.#pieces = [];
    this.#assembled = undefined;
  }

  /**
   * The text carries no version. But a sync that goes on in parts is seen part by part at one revision: what was read
   * while a part was committed may be of before it.
   */
  timelineChanged(): void {
    this.replaced();
  }

  #assemble(): Assembled {
    const parts = this.#pieces.map(({ text }) => text as Buffer);
    // Only a store without pairs has a piece without text.
    const [first = comma] = parts;
    parts[0] = first.length === 0 ? first : first.subarray(1);
    const all = [open, ...parts, close];
    const length = all.reduce((sum, part) => sum + part.length, 0);
    return { revision: this.#store.revision(), parts: all, length, forms: new CodedForms() };
  }

  /** In one buffer, of which the pieces then are parts: to send it takes less, and to keep it no more. */
  #join({ revision, parts, length, forms }: Assembled): Assembled {
    const whole = Buffer.concat(parts, length);
    let at = 0;
    for (const piece of this.#pieces) {
      const { length: size } = piece.text as Buffer;
      // The first one begins with the brace in place of its comma, which is never sent.
      piece.text = whole.subarray(at, at + size);
      at += size;
    }
    return { revision, parts: [whole], length, forms };
  }

  /** Reads what is missing, one piece at least; false when the time was over before all was read. */
  #readUntil(deadline: number): boolean {
    let bytes = 0;
    let isOver = false;
    const revision = this.#store.revision();
    for (let i = 0; i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as Piece;
      if (piece.text === undefined || piece.validAt < revision) {
        if (isOver) return false;
        this.#read(i, revision);
        isOver = this.#now() > deadline;
      }
      bytes += piece.text?.length ?? 0;
      if (bytes > this.#maxBytes) {
        this.#pieces = [];
        this.#assembled = undefined;
        this.#offUntil = this.#now() + tooLargePause;
        return false;
      }
    }
    return true;
  }

  /** Reads a piece; what is too much for it becomes a piece of its own behind it, to be read later. */
  #read(i: number, revision: number): void {
    const pieces = this.#pieces;
    const piece = pieces[i] as Piece;
    let text = '';
    let last: string | undefined;
    let ended = true;
    for (const pair of this.#store.pairs({ after: piece.after })) {
      for (let next = pieces[i + 1]; next !== undefined && isBehind(pair.key, next.after); next = pieces[i + 1]) {
        ended = text.length < smallPiece;
        if (!ended) break;
        pieces.splice(i + 1, 1);
        piece.touchedIn = Math.max(piece.touchedIn, next.touchedIn);
      }
      if (!ended) break;
      if (text.length >= pieceSize) {
        pieces.splice(i + 1, 0, newPiece(last, piece.touchedIn));
        ended = false;
        break;
      }
      text += `,${pairText(pair)}`;
      last = pair.key;
    }
    // Behind the store's last key there is nothing.
    if (ended) pieces.length = i + 1;
    piece.text = Buffer.from(text);
    piece.validAt = this.#open > 0 && piece.touchedIn === this.#round ? revision : Number.POSITIVE_INFINITY;
  }

  /** Reads on while no request waits, a little at a time, so that the next dump finds it ready. */
  #fillLater(turns: number): void {
    if (this.#filling || turns === 0) return;
    this.#filling = true;
    setImmediate(() => {
      this.#filling = false;
      // A store that is closed cannot be read.
      if (this.#pieces.length === 0 || this.#store.notReady() !== undefined) return;
      try {
        if (this.#store.lastExpired() !== undefined) return;
        if (!this.#readUntil(this.#now() + fillTime)) this.#fillLater(turns - 1);
      } catch {
        // Damage on the disk: the next request for the dump reports it.
      }
    });
  }

  /** The piece that a key belongs to. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#pieces.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (isBehind(key, this.#pieces[middle]?.after)) low = middle;
      else high = middle;
    }
    return low;
  }
}

const open = Buffer.from('{');
const close = Buffer.from('}');
const comma = Buffer.from(',');

function newPiece(after: string | undefined, touchedIn: number): Piece {
  return { after, text: undefined, touchedIn, validAt: 0 };
}

function isBehind(key: string, after: string | undefined): boolean {
  return after === undefined || compareKeys(key, after) > 0;
}
