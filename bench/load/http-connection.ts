/** A keep-alive HTTP connection that costs the machine little: one request at a time, Content-Length answers only. */
import { connect, type Socket } from 'node:net';

export class HttpConnection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #done: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1');
    this.#socket.setNoDelay(true);
    this.#socket.on('data', (data: Buffer) => this.#read(data));
    const fail = (error: Error) => {
      this.#done?.reject(error);
      this.#done = undefined;
    };
    this.#socket.on('error', fail);
    this.#socket.on('close', () => fail(new Error('The connection is closed')));
  }

  /** Resolves when the answer is there; rejects when its status is not 200. */
  get(path: string): Promise<number> {
    return this.#send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  }

  post(path: string, body: string): Promise<number> {
    const length = Buffer.byteLength(body);
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}`;
    return this.#send(`${head}\r\n\r\n${body}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(request: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      this.#socket.write(request);
    });
  }

  #read(data: Buffer): void {
    this.#received = this.#received.length === 0 ? data : Buffer.concat([this.#received, data]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#received.toString('latin1', 0, end);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const status = Number(head.slice(9, 12));
    this.#received = this.#received.subarray(end + 4 + length);
    const done = this.#done;
    this.#done = undefined;
    if (status === 200) done?.resolve(status);
    else done?.reject(new Error(`Status ${status}`));
  }
}
