/** A keep-alive HTTP connection that costs the machine little: one request at a time, and of an answer its status alone. */
import { connect, type Socket } from 'node:net';
import { headOf, type Request } from './requests.ts';

/** Takes what comes of a body; true: it has ended. */
type Body = (data: Buffer) => boolean;

export class HttpConnection {
  readonly #socket: Socket;
  #isHead = false;
  #head = '';
  /** Undefined: the answer's head has not come. */
  #body: Body | undefined;
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

  /** Resolves when the whole answer is there; rejects when its status is not 200. */
  send(request: Request): Promise<number> {
    const { method, headers } = headOf(request);
    const { path, body = '' } = request;
    this.#isHead = method === 'HEAD';
    let text = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n`;
    for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
    if (method === 'POST') text += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    return new Promise((resolve, reject) => {
      this.#done = { resolve, reject };
      this.#socket.write(`${text}\r\n${body}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    let rest = data;
    if (this.#body === undefined) {
      const before = this.#head.length;
      this.#head += data.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return;
      this.#head = this.#head.slice(0, end);
      this.#body = this.#isHead ? counted(0) : bodyAfter(this.#head);
      rest = data.subarray(end + 4 - before);
    }
    if (!this.#body(rest)) return;
    const status = Number(this.#head.slice(9, 12));
    this.#head = '';
    this.#body = undefined;
    const done = this.#done;
    this.#done = undefined;
    if (status === 200) done?.resolve(status);
    else done?.reject(new Error(`Status ${status}`));
  }
}

function bodyAfter(head: string): Body {
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return untilLastChunk();
  return counted(Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0));
}

function counted(bytes: number): Body {
  let left = bytes;
  return (data) => {
    left -= data.length;
    return left <= 0;
  };
}

/** The end of a chunk and the one without bytes behind it (RFC 9112, 7.1). */
const lastChunk = '\r\n0\r\n\r\n';

/** No request is sent before the answer has ended, so nothing follows the last chunk. */
function untilLastChunk(): Body {
  let tail = '';
  return (data) => {
    tail = (tail + data.toString('latin1', Math.max(0, data.length - lastChunk.length))).slice(-lastChunk.length);
    return tail === lastChunk || tail === lastChunk.slice(2);
  };
}
