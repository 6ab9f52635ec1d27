/** Requests that carry a text wherever a request can carry one. */
import { connect } from 'node:net';

interface Wanted {
  readonly method?: string;
  readonly target: string;
  readonly headers?: string;
  readonly body?: string;
}

function requestsWith(poison: string): Wanted[] {
  const escaped = encodeURIComponent(poison);
  const pairs = JSON.stringify({ [poison]: poison });
  const named = ['User-Agent', 'Referer', 'X-Forwarded-For', 'X-Request-Id', 'Content-Type', 'Accept', 'Authorization'];
  const used = [
    'If-Match',
    'If-None-Match',
    'Last-Event-ID',
    'traceparent',
    'tracestate',
    'Content-Encoding',
    'Origin',
  ];
  return [
    { target: '/set', method: 'POST', body: pairs },
    { target: '/set', method: 'POST', body: poison },
    { target: '/delete', method: 'POST', body: JSON.stringify([poison]) },
    { target: '/transaction', method: 'POST', body: JSON.stringify({ if: { [poison]: poison }, [poison]: 1 }) },
    { target: '/increment', method: 'POST', body: pairs },
    ...['get/', 'search?prefix=', '?limit=', 'docs/', 'ui/', ''].map((path) => ({ target: `/${path}${escaped}` })),
    { target: `/get/${poison}` },
    { target: `/set?ttl=${escaped}`, method: 'POST', body: pairs },
    { target: '/set', method: poison },
    ...[...named, ...used].map((name) => ({ target: '/get/a', headers: `${name}: ${poison}\r\n` })),
    // Taken for a name and an identity by what reads it.
    { target: '/get/a', headers: `traceparent: 00-${'a'.repeat(32)}-${'b'.repeat(16)}-01${poison}\r\n` },
    { target: '/get/a', headers: `${poison}: 1\r\n` },
  ];
}

/** Sends all of them, each on a connection of its own; resolves once each was answered or cut. */
export async function sendWith(port: number, poison: string): Promise<void> {
  for (const { method = 'GET', target, headers = '', body = '' } of requestsWith(poison)) {
    const length = Buffer.byteLength(body);
    const head = `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n${headers}\r\n`;
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      // A reset is an answer, too.
      socket.on('error', () => {});
      socket.on('close', () => resolve());
      socket.resume();
      socket.end(head + body);
    });
  }
}
