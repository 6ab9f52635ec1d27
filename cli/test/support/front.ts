/** Something between the command line and the store that makes trouble when it is told to. */
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { ExecutionContext } from 'ava';
import { listen } from '../../../test-support/network/listen.ts';

export interface Front {
  readonly url: string;
  /** Method and target of everything that arrived. */
  readonly seen: readonly string[];
  /** What to do with requests from now on. Default: hand them on. */
  act: Act;
  /** Ends every connection. */
  cut(): void;
}

/** 'pass', 'hold' (never answered), 'break' (the connection is cut), an answer, or a cut in the middle of the answer. */
export type Action =
  | 'pass'
  | 'hold'
  | 'break'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly code: string }
  | { readonly afterBytes: number; readonly next: 'hold' | 'break' };

export type Act = (request: IncomingMessage) => Action;

/** Ends with the test. */
export async function startFront(t: ExecutionContext, target: string): Promise<Front> {
  const seen: string[] = [];
  const front = { url: '', seen, act: (() => 'pass') as Act, cut: () => server.closeAllConnections() };
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    handle(front.act(request), target, request, response);
  });
  front.url = `http://127.0.0.1:${await listen(server)}`;
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return front;
}

function handle(action: Action, target: string, request: IncomingMessage, response: ServerResponse): void {
  if (action === 'hold') return;
  if (action === 'break') {
    response.destroy();
    return;
  }
  if (action !== 'pass' && 'status' in action) {
    request.resume();
    const { code } = action;
    const body = JSON.stringify({ type: `urn:kvstore:problem:${code}`, code, detail: 'It was told to say so.' });
    response.writeHead(action.status, { 'Content-Type': 'application/problem+json', ...action.headers }).end(body);
    return;
  }
  const { host: _, ...headers } = request.headers;
  const onward = httpRequest(target, { path: request.url, method: request.method, headers, agent: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    let left = action === 'pass' ? Number.POSITIVE_INFINITY : action.afterBytes;
    answer.on('data', (piece: Buffer) => {
      if (left <= 0) return;
      response.write(piece.subarray(0, left));
      left -= piece.length;
      if (left > 0 || action === 'pass') return;
      answer.destroy();
      // Written first, then cut: what was sent is to arrive.
      if (action.next === 'break') setImmediate(() => response.destroy());
    });
    answer.on('end', () => response.end());
    answer.on('error', () => {});
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}
