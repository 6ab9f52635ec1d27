/** Shares the event loop: work that can wait is done in small portions, between which everything else has its turn. */
import { type Clock, systemClock } from '../store/clock.ts';

/** Milliseconds of work in one turn of the event loop, after which more work waits for the next one. */
const budget = 10;

/**
 * After so many milliseconds a turn begins no long piece any more, and after `longTurn` while a write is on its way: it goes
 * through several turns until it is answered, and each of them would take as long as the budget.
 */
const longBudget = 3;

/** While connections come in turn after turn, long work rests for so many times what its last turn took. */
const restInCrowd = 9;

/** While a write is on its way, long work rests for as long as its last turn took, when that was so many milliseconds or more. */
const longTurn = 1;

/** Pieces of work that one turn may begin: many small ones need no turn each. */
const piecesPerTurn = 100;

/** Bytes of large answers, after which reads of large values wait for their turn, too, and the milliseconds in which they count. */
const largeBytes = 2 * 1024 * 1024;
const largeTime = 100;

interface Piece {
  readonly since: number;
  readonly run: (waited: number) => void;
}

/** Pieces that wait in their order. */
class Lane {
  readonly pieces: Piece[] = [];
  lastStart = 0;
  /** Milliseconds from one start to the next, lately. */
  pace = 0;
  /** Milliseconds that its pieces took since something waits in both. */
  used = 0;
}

/**
 * Short pieces (a write, a small read) and long ones (a search, a dump's next slice) wait apart, and each kind gets half of
 * the time while both wait: so many searches hold up a write for one piece, not for all of them.
 */
export class EventLoopScheduler {
  readonly #clock: Pick<Clock, 'now' | 'after'>;
  /** Goes on before anything waiting begins. */
  readonly #begun: (() => void)[] = [];
  readonly #short = new Lane();
  readonly #long = new Lane();
  /** What runs, or ran last; its time is known when the next one begins. */
  #running: { readonly lane: Lane; readonly since: number } | undefined;
  #scheduled = 0;
  /** When work began in this turn; undefined: not yet. */
  #began: number | undefined;
  #connectionAccepted = false;
  /** This turn has no work, so that the next connection is taken soon. */
  #resting = false;
  #restUntil = 0;
  /** Connections come in turn after turn. */
  #isCrowded = false;
  /** This turn has done long work. */
  #ranLong = false;
  /** Writes that the store has begun and not ended. */
  #writes = 0;
  /** The last turn with long work: when it ended, and how long it was. */
  #longEnded = 0;
  #longTook = 0;
  /** Set while nothing is to be done until the end of a rest beside a write. */
  #cancelRestEnd: (() => void) | undefined;
  /** Bytes of large answers until then. */
  #sent = 0;
  #sentUntil = 0;

  constructor(clock: Pick<Clock, 'now' | 'after'> = systemClock) {
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#short.pieces.length + this.#long.pieces.length;
  }

  /** Milliseconds that one more piece would probably wait, judged by how fast those before it were taken. */
  expectedWait(isLong = false): number {
    const { pieces, pace } = isLong ? this.#long : this.#short;
    return pieces.length * pace;
  }

  /**
   * A connection was taken. The event loop takes one in each turn: while one comes after the other, turns without
   * work follow every turn with work, for as long as it took, and long work rests for longer. Otherwise a probe that
   * connects behind a crowd of clients would wait until all of the crowd was served.
   */
  connectionAccepted(): void {
    this.#connectionAccepted = true;
  }

  /** A large answer goes out: what is read at once for many clients is no longer little work. */
  sent(bytes: number): void {
    const now = this.#clock.now();
    if (now >= this.#sentUntil) {
      this.#sent = 0;
      this.#sentUntil = now + largeTime;
    }
    this.#sent += bytes;
  }

  /** Whether much has been sent lately. */
  get hasSentMuch(): boolean {
    return this.#sent > largeBytes && this.#clock.now() < this.#sentUntil;
  }

  /** The store begins a write. Call `writeEnded` when it has ended, whatever became of it. */
  writeBegan(): void {
    this.#writes++;
  }

  writeEnded(): void {
    this.#writes--;
    if (this.#writes > 0 || this.#cancelRestEnd === undefined) return;
    this.#cancelRestEnd();
    this.#endRest();
  }

  /**
   * Whether a write is on its way to the disk. It goes through several turns of the event loop, which do nothing for it but pass:
   * a turn begins long pieces for a millisecond, and after it there are turns without.
   */
  get isWriting(): boolean {
    return this.#writes > 0;
  }

  /** Milliseconds that long work outside of the lanes, such as deliveries to watches, rests when it has taken so many of a turn. */
  restAfter(took: number): number {
    if (this.#began === undefined) this.#begin(this.#clock.now());
    return this.#rest(took);
  }

  /** Whether a piece may begin right away: nothing waits, and this turn has time left. */
  free(isLong = false): boolean {
    const now = this.#clock.now();
    if (this.#begun.length + this.waiting > 0 || !this.#timeLeft(now)) return false;
    if (!isLong) return true;
    // What it takes is known later: beside a write only the first of a turn begins without a place in the queue.
    if (this.#longRests(now) || (this.isWriting && this.#ranLong)) return false;
    this.#ranLong = true;
    return true;
  }

  /** Whether this turn has time left, whatever waits: for a piece that takes less than its place in the queue would. */
  get hasTime(): boolean {
    return this.#timeLeft(this.#clock.now());
  }

  /** Runs the piece in its turn, first come, first served; `waited` is how many milliseconds it waited. */
  wait(run: (waited: number) => void, isLong = false): void {
    const now = this.#clock.now();
    const lane = isLong ? this.#long : this.#short;
    if (lane.pieces.length === 0) lane.lastStart = now;
    lane.pieces.push({ since: now, run });
    this.#schedule();
  }

  /** Resolves in its turn, with the milliseconds that it waited. Default: as a long piece. */
  next(isLong = true): Promise<number> {
    return new Promise((resolve) => this.wait(resolve, isLong));
  }

  /**
   * Resolves before any long piece that waits begins: for work that sends nothing until it is done and holds memory until then.
   * In turn with what waits it would take as long as all of that for each of its pieces, and more and more would be begun.
   */
  goOn(): Promise<void> {
    return new Promise((resolve) => {
      this.#begun.push(resolve);
      this.#schedule();
    });
  }

  #timeLeft(now: number): boolean {
    if (this.#began === undefined) this.#begin(now);
    return !this.#resting && now - (this.#began ?? now) < budget;
  }

  /** It lasts until the next immediates, with what then comes in. */
  #begin(now: number): void {
    this.#began = now;
    this.#isCrowded = this.#connectionAccepted;
    this.#resting = this.#isCrowded && now < this.#restUntil;
    this.#connectionAccepted = false;
    this.#ranLong = false;
    setImmediate(() => {
      const end = this.#clock.now();
      if (!this.#resting) this.#restUntil = end + (end - now);
      if (this.#ranLong) {
        this.#longEnded = end;
        this.#longTook = end - now;
      }
      this.#began = undefined;
    });
  }

  /** Milliseconds until long work may go on, when a turn has begun. */
  #restLeft(now: number): number {
    return this.#longEnded + this.#rest(this.#longTook) - now;
  }

  #rest(took: number): number {
    if (this.#isCrowded) return restInCrowd * took;
    return this.isWriting && took >= longTurn ? took : 0;
  }

  /** Until a time, or for what is left of a turn that leaves it to writes. */
  #longRests(now: number): boolean {
    return this.#restLeft(now) > 0 || (this.isWriting && this.#ranLong && now - (this.#began ?? now) >= longTurn);
  }

  /** An immediate for each piece that one turn may begin, because what a piece leaves to promises is done before the next immediate. */
  #schedule(): void {
    const all = this.#begun.length + this.waiting;
    if (this.#scheduled >= Math.min(all, piecesPerTurn)) return;
    const rest = this.#isCrowded ? 0 : this.#restLeft(this.#clock.now());
    const short = this.#short.pieces.length;
    // Turns for what rests would be empty, and take the processor from what commits.
    if (rest > 0 && all > short) this.#cancelRestEnd ??= this.#clock.after(rest, () => this.#endRest());
    const most = Math.min(rest > 0 ? short : all, piecesPerTurn);
    for (; this.#scheduled < most; this.#scheduled++) setImmediate(this.#immediate);
  }

  readonly #immediate = (): void => {
    this.#scheduled--;
    const now = this.#clock.now();
    if (this.#timeLeft(now)) this.#take(now);
    this.#schedule();
  };

  #endRest(): void {
    this.#cancelRestEnd = undefined;
    this.#schedule();
  }

  #take(now: number): void {
    this.#charge(now);
    const lane = this.#laneOfTurn(now);
    if (lane === undefined) return;
    if (lane === this.#long) this.#ranLong = true;
    this.#running = { lane, since: now };
    const begun = lane === this.#long ? this.#begun.shift() : undefined;
    if (begun !== undefined) {
      begun();
      return;
    }
    const piece = lane.pieces.shift();
    if (piece === undefined) return;
    lane.pace += (now - lane.lastStart - lane.pace) / 32;
    lane.lastStart = now;
    piece.run(now - piece.since);
  }

  /** What other work came between two turns is not the lane's, or not much of it. */
  #charge(now: number): void {
    if (this.#running === undefined) return;
    const { lane, since } = this.#running;
    lane.used += Math.min(now - since, budget);
    this.#running = undefined;
  }

  /** Undefined: what is next has no time in this turn. */
  #laneOfTurn(now: number): Lane | undefined {
    const lane = this.#nextLane();
    if (lane === this.#short) return lane;
    if (this.#longRests(now)) {
      if (this.#short.pieces.length === 0) return undefined;
      // Long work has no claim to the time in which it rests.
      this.#short.used = this.#long.used;
      return this.#short;
    }
    return now - (this.#began ?? now) < longBudget ? lane : undefined;
  }

  #nextLane(): Lane {
    const [short, long] = [this.#short, this.#long];
    const waitsLong = this.#begun.length + long.pieces.length > 0;
    if (short.pieces.length > 0 && waitsLong) return short.used <= long.used ? short : long;
    short.used = 0;
    long.used = 0;
    return waitsLong ? long : short;
  }
}
