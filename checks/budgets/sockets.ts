/** Connections of clients that mean ill, which are cut together. */
import { connect, type Socket } from 'node:net';
import type { Address } from '../overload/exchange.ts';

export class Sockets implements Disposable {
  readonly #address: Address;
  readonly #open = new Set<Socket>();

  constructor(address: Address) {
    this.#address = address;
  }

  get open(): number {
    return this.#open.size;
  }

  /** Sends this and reads nothing; with `onData`, all. */
  connect(parts: readonly (string | Buffer)[], onData?: (piece: Buffer) => void): void {
    const socket = connect({ host: '127.0.0.1', ...this.#address });
    this.#open.add(socket);
    // To be cut is what they deserve.
    socket.on('error', () => {});
    socket.once('close', () => this.#open.delete(socket));
    if (onData === undefined) socket.pause();
    else socket.on('data', onData);
    for (const part of parts) socket.write(part);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#open) socket.destroy();
  }
}
