/** A connection of an HTTP server whose parser gets the bytes in portions. */
import { Socket } from 'node:net';
import type { ByteBudget, HeldBytes } from './byte-budget.ts';
import type { EventLoopScheduler } from './event-loop-scheduler.ts';

/** Bytes of a portion: at first, and at the most. One of many requests or pieces is small, one of a large value grows. */
const leastPortion = 512;
const mostPortion = 64 * 1024;
/** Bytes at the most that are parsed without waiting for a turn. */
const mostAtOnce = 4096;
/** Milliseconds that a portion takes: the next one is larger or smaller. */
const littleTime = 0.25;
const muchTime = 1;

export interface PortionParts {
  readonly scheduler: Pick<EventLoopScheduler, 'wait'>;
  /** What all connections may hold that their parsers have not had. */
  readonly budget: ByteBudget;
  /** In milliseconds, monotonic. */
  readonly now: () => number;
}

interface WithParser extends Socket {
  readonly parser?: unknown;
  readonly _handle?: { reading: boolean; readStart(): void; readStop(): void } | null;
}

export class PortionedSocket {
  readonly #socket: WithParser;
  readonly #parse: (bytes: Buffer) => void;
  readonly #parts: PortionParts;
  /** What the parser has not had. While there is any, nothing more is read. */
  #rest: Buffer | undefined = undefined;
  #held: HeldBytes | undefined = undefined;
  #portion = leastPortion;
  #isGreedy = false;
  #isHeld = false;
  #isDiscarding = false;
  /** Node reads no more for now: the answers are not taken, or nothing reads the body. */
  #isPaused: boolean;
  #hasTurn = false;
  #reads = true;

  /** Undefined: the connection has no parser any more. */
  static take(socket: Socket, parts: PortionParts): PortionedSocket | undefined {
    const [parse, ...others] = socket.listeners('data');
    if (parse === undefined || others.length > 0 || socket.destroyed || (socket as WithParser).parser == null) {
      return undefined;
    }
    return new PortionedSocket(socket, parse as (bytes: Buffer) => void, parts);
  }

  private constructor(socket: WithParser, parse: (bytes: Buffer) => void, parts: PortionParts) {
    this.#socket = socket;
    this.#parse = parse;
    this.#parts = parts;
    this.#isPaused = socket.isPaused();
    socket.removeListener('data', parse);
    // With a listener besides its own, Node's parser does not take the bytes from the system by itself any more.
    socket.on('data', (bytes: Buffer) => this.#arrived(bytes));
    socket.once('close', () => this.#drop());
    // What Node wants is kept apart from what is done: the parser must get nothing while Node has paused it.
    socket.pause = () => {
      this.#isPaused = true;
      this.#stopReading();
      return socket;
    };
    socket.resume = () => {
      this.#isPaused = false;
      this.#goOn();
      return socket;
    };
    // A stream that is paused reads on until its own buffer is full.
    socket._read = (size) => {
      if (this.#reads) Socket.prototype._read.call(socket, size);
    };
    if (this.#isPaused) this.#stopReading();
  }

  /** From now on it waits for its turn with the first byte that comes. */
  becomeGreedy(): void {
    this.#isGreedy = true;
  }

  hold(): void {
    this.#isHeld = true;
  }

  goOn(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#goOn();
  }

  discard(): void {
    this.#isDiscarding = true;
    this.#drop();
    this.#startReading();
  }

  #arrived(bytes: Buffer): void {
    if (this.#isDiscarding) return;
    this.#rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes]);
    // A request as most clients send it is parsed at once. Hundreds of connections may bring more in one turn of the event loop.
    const isLittle = this.#rest.length <= Math.min(this.#portion, mostAtOnce);
    if (!this.#isGreedy && isLittle && this.#mayParse()) this.#parsePortion();
    if (this.#rest === undefined) return;
    this.#isGreedy = true;
    this.#held ??= this.#parts.budget.hold(bytes.length);
    if (this.#held === undefined) {
      this.#drop();
      this.#socket.destroy();
      return;
    }
    this.#stopReading();
    this.#goOn();
  }

  /** Does nothing while something else holds the connection up. */
  #goOn(): void {
    if (this.#isPaused || this.#isHeld || this.#isDiscarding) return;
    if (this.#rest === undefined) {
      this.#startReading();
      return;
    }
    if (this.#hasTurn) return;
    this.#hasTurn = true;
    this.#parts.scheduler.wait(() => {
      this.#hasTurn = false;
      if (this.#mayParse()) this.#parsePortion();
      this.#goOn();
    }, true);
  }

  #mayParse(): boolean {
    return !this.#isPaused && !this.#isHeld && this.#rest !== undefined;
  }

  #parsePortion(): void {
    const rest = this.#rest as Buffer;
    const size = this.#portion;
    // Without a parser it has become a connection of another protocol, or is being closed.
    const isOver = this.#socket.destroyed || this.#socket.parser == null;
    if (rest.length > size && !isOver) this.#rest = rest.subarray(size);
    else this.#drop();
    if (isOver) return;
    const before = this.#parts.now();
    // Node resumes the connection with each request that it finds; who called this goes on afterwards.
    this.#hasTurn = true;
    this.#parse(rest.subarray(0, size));
    this.#hasTurn = false;
    const took = this.#parts.now() - before;
    if (took < littleTime) this.#portion = Math.min(mostPortion, 2 * size);
    else if (took > muchTime) this.#portion = Math.max(leastPortion, size / 2);
  }

  #drop(): void {
    this.#rest = undefined;
    this.#held?.release();
    this.#held = undefined;
  }

  #stopReading(): void {
    this.#reads = false;
    Socket.prototype.pause.call(this.#socket);
    const { _handle: handle } = this.#socket;
    if (handle?.reading !== true) return;
    handle.reading = false;
    handle.readStop();
  }

  #startReading(): void {
    if (this.#reads) return;
    this.#reads = true;
    Socket.prototype.resume.call(this.#socket);
    const { _handle: handle } = this.#socket;
    // The stream may wait for a read that was not begun.
    if (handle == null || handle.reading) return;
    handle.reading = true;
    handle.readStart();
  }
}
