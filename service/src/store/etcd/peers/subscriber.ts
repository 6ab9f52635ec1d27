/** One replica's connection to this reader. */
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../clock.ts';
import { aliveFrame, FrameReader, PeerProtocolError, receivedFrame } from './frames.ts';
import { SilenceTimer } from './silence.ts';

export class Subscriber {
  readonly #socket: TLSSocket;
  readonly #newest: () => number;
  #sent: number;
  #isWriting = true;
  #wroteLately = true;

  /**
   * @param hello the first frame, which reports `sent`
   * @param newest the newest revision received, asked for when it can be sent
   */
  constructor(
    socket: TLSSocket,
    { hello, sent, newest, clock }: { hello: Buffer; sent: number; newest: () => number; clock: Clock },
  ) {
    this.#socket = socket;
    this.#newest = newest;
    this.#sent = sent;
    const silence = new SilenceTimer(clock, () => socket.destroy());
    const frames = new FrameReader();
    socket.on('data', (chunk: Buffer) => {
      silence.hear();
      if (!isAliveOnly(frames, chunk)) socket.destroy();
    });
    // The event `close` follows.
    socket.on('error', () => {});
    socket.once('close', () => silence.stop());
    socket.setNoDelay(true);
    socket.write(hello, this.#written);
  }

  /** Sends the newest report. While one is still being written, the next waits and is then the newest. */
  update(): void {
    const received = this.#newest();
    if (this.#isWriting || received <= this.#sent) return;
    this.#sent = received;
    this.#write(receivedFrame(received));
  }

  /** Every `aliveInterval`: shows that this process lives, where no report has shown it since the last call. */
  beat(): void {
    if (!this.#wroteLately && !this.#isWriting) this.#write(aliveFrame);
    this.#wroteLately = false;
  }

  end(): void {
    this.#socket.destroy();
  }

  #write(frame: Buffer): void {
    this.#isWriting = true;
    this.#wroteLately = true;
    this.#socket.write(frame, this.#written);
  }

  readonly #written = () => {
    this.#isWriting = false;
    if (!this.#socket.destroyed) this.update();
  };
}

/** A subscriber sends nothing but that it is alive. */
function isAliveOnly(frames: FrameReader, chunk: Buffer): boolean {
  try {
    return frames.read(chunk).every(({ type }) => type === 'alive');
  } catch (error) {
    if (error instanceof PeerProtocolError) return false;
    throw error;
  }
}
