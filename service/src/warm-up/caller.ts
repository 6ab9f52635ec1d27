/** A client of the warm-up: one connection, one request after the other. Bare, since its own time counts as well. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What a request sends, and how many milliseconds an answer may take before the connection is given up. */
const answerTimeout = 2000;

export class Caller implements Disposable {
  readonly #socket: Socket;
  /** What has arrived of the present answer. */
  #text = '';
  #waits: { resolve(answer: string): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(answerTimeout, () => socket.destroy(new Error('An answer did not come.')));
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#arrived(text));
    socket.on('error', (error) => this.#waits?.reject(error));
    socket.on('close', () => this.#waits?.reject(new Error('The connection was closed.')));
  }

  /** Rejects when the port cannot be reached. */
  static async connect(port: number): Promise<Caller> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    return new Caller(socket);
  }

  /** Sends bytes as they are; resolves with the answer. Rejects when none comes. */
  call(request: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waits = { resolve, reject };
      this.#text = '';
      this.#socket.write(request, 'latin1');
    });
  }

  [Symbol.dispose](): void {
    this.#waits = undefined;
    this.#socket.destroy();
  }

  #arrived(text: string): void {
    this.#text += text;
    if (isWhole(this.#text)) this.#waits?.resolve(this.#text);
  }
}

/** Whether a text is all of an answer; to be called only with answers of the service, to anything but HEAD. */
export function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  if (text.startsWith('HTTP/1.1 304') || text.startsWith('HTTP/1.1 204')) return true;
  const head = text.slice(0, end);
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
  return length === undefined ? text.endsWith('\r\n0\r\n\r\n') : text.length >= end + 4 + Number(length);
}
