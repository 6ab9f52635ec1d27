/** A connection to another reader, for its reports (R4). */
import { connect, type TLSSocket } from 'node:tls';
import { type Clock, repeat } from '../../clock.ts';
import type { Log } from '../options.ts';
import { type PeerAddress, parsePeerAddress } from './address.ts';
import { aliveFrame, type Frame, FrameReader, PeerProtocolError } from './frames.ts';
import { pskOf, pskTls } from './pre-shared-key.ts';
import { retryDelays } from './retry-delays.ts';
import { aliveInterval, SilenceTimer } from './silence.ts';

/** A reader's newest revision, and the lease and timeline that it is of. */
export interface ReaderReport {
  readonly id: string;
  readonly timeline: string;
  readonly received: number;
}

export interface FollowOptions {
  /** What the reader's key says. */
  readonly address: string;
  readonly id: string;
  readonly secret: string;
  /** The timeline of this replica: a reader of another one counts as not connected. */
  readonly timeline: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Only with a newer revision than at the last call. */
  readonly onReport: (report: ReaderReport) => void;
  /**
   * Called with true when the reader has said hello, and with false when it was silent for 1.5 s or the connection broke.
   * Until the first call it is not connected.
   */
  readonly onState: (isConnected: boolean) => void;
}

/**
 * Connects to a reader, and again after 50 ms to 1 s whenever the connection ends, until `close()`. After that nothing is
 * called any more. An address that is none is said in the log and never connected to.
 */
export function followReader(options: FollowOptions): { close(): void } {
  const { id, log } = options;
  const address = parsePeerAddress(options.address);
  const key = pskOf(options.secret);
  if (address === undefined || key === undefined) {
    log.warn({ reader: id }, 'A reader without a usable address and secret: it cannot be connected to.');
    return { close: () => {} };
  }
  const follower = new Follower(options, address, key);
  return { close: () => follower.close() };
}

class Follower {
  readonly #options: FollowOptions;
  readonly #address: PeerAddress;
  readonly #key: Buffer;
  readonly #delays = retryDelays();
  #end: () => void = () => {};
  #isClosed = false;
  #isConnected = false;
  #isTroubleSaid = false;
  /** The newest revision reported, over all connections. */
  #received = -1;

  constructor(options: FollowOptions, address: PeerAddress, key: Buffer) {
    this.#options = options;
    this.#address = address;
    this.#key = key;
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  #connect(): void {
    const { id, clock } = this.#options;
    const psk = this.#key;
    // There is no certificate to check: the key is the proof, and only a cipher with a key is offered.
    const checkServerIdentity = () => undefined;
    const pskCallback = () => ({ identity: id, psk });
    const socket = connect({ ...pskTls, ...this.#address, checkServerIdentity, pskCallback });
    socket.setNoDelay(true);
    let connectedAt: number | undefined;
    let why = 'the reader ended the connection';
    const end = (reason: string) => {
      why = reason;
      socket.destroy();
    };
    const silence = new SilenceTimer(clock, () => end('the reader is silent'));
    const frames = new FrameReader();
    let stopBeats = () => {};
    socket.on('data', (chunk: Buffer) => {
      if (socket.destroyed) return;
      silence.hear();
      try {
        this.#take(frames.read(chunk));
      } catch (error) {
        if (!(error instanceof PeerProtocolError)) throw error;
        return end(error.message);
      }
      if (connectedAt !== undefined || socket.destroyed) return;
      connectedAt = clock.now();
      stopBeats = beat(socket, clock);
    });
    socket.on('error', (error) => {
      why = error.message.trim();
    });
    socket.once('close', () => {
      silence.stop();
      stopBeats();
      this.#lost(why, connectedAt === undefined ? 0 : clock.now() - connectedAt);
    });
    this.#end = () => socket.destroy();
  }

  /** Only the newest of the reports that came together is passed on. Throws PeerProtocolError. */
  #take(frames: readonly Frame[]): void {
    const { id, timeline, onState, onReport, log } = this.#options;
    let newest = -1;
    for (const frame of frames) {
      if (this.#isConnected === (frame.type === 'hello')) throw new PeerProtocolError(`an unexpected ${frame.type}`);
      if (frame.type === 'alive') continue;
      if (frame.type === 'hello') {
        if (frame.id !== id) throw new PeerProtocolError('a reader with another id');
        if (frame.timeline !== timeline) throw new PeerProtocolError(`a reader on timeline ${frame.timeline}`);
        this.#isConnected = true;
        this.#isTroubleSaid = false;
        log.info({ reader: id, address: this.#options.address }, 'Connected to a reader.');
        onState(true);
      }
      newest = Math.max(newest, frame.received);
    }
    if (this.#isClosed || newest <= this.#received) return;
    this.#received = newest;
    onReport({ id, timeline, received: newest });
  }

  /** @param lasted milliseconds for which the reader was connected */
  #lost(why: string, lasted: number): void {
    const { id, address, clock, log, onState } = this.#options;
    if (this.#isClosed) return;
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    // One line an outage, however many attempts it takes.
    if (!this.#isTroubleSaid) log.warn({ reader: id, address }, `No connection to a reader: ${why}.`);
    this.#isTroubleSaid = true;
    this.#end = clock.after(this.#delays.next(lasted), () => this.#connect());
    if (wasConnected) onState(false);
  }
}

/** Shows the reader every `aliveInterval` that this side lives, unless the last frame has not gone out yet. */
function beat(socket: TLSSocket, clock: Clock): () => void {
  return repeat(clock, aliveInterval, () => {
    if (socket.writableLength === 0) socket.write(aliveFrame);
  });
}
