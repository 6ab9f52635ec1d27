/** One request and what became of it. */
import { type Agent, request } from 'node:http';

/** Where the service listens. */
export interface Address {
  /** This machine, when there is none. */
  readonly host?: string;
  readonly port: number;
}

export interface Request {
  readonly path: string;
  /** Sent with POST; without one it is a GET. */
  readonly body?: string;
}

export interface Exchange {
  /** When it was sent: Unix milliseconds, with fractions. */
  readonly sent: number;
  /** Milliseconds until the whole answer was there. */
  readonly took: number;
  /** The status, or what went wrong instead. */
  readonly outcome: number | string;
  readonly retryAfter: boolean;
}

/** The same for all processes of this machine, and never set back. */
export const now = () => performance.timeOrigin + performance.now();

/**
 * Never rejects.
 * @param agent false: a connection of its own, as a probe of Kubernetes has
 * @param localAddress of the client; undefined: the system's choice
 */
export function exchange(
  { host = '127.0.0.1', port }: Address,
  { path, body }: Request,
  agent: Agent | false,
  localAddress?: string,
): Promise<Exchange> {
  const sent = now();
  return new Promise((resolve) => {
    const end = (outcome: number | string, retryAfter = false) =>
      resolve({ sent, took: now() - sent, outcome, retryAfter });
    const headers = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const method = body === undefined ? 'GET' : 'POST';
    const from = localAddress === undefined ? {} : { localAddress };
    const outgoing = request({ host, port, path, method, headers, agent, ...from }, (answer) => {
      answer.on('error', (error) => end(String(error)));
      answer.on('end', () => end(answer.statusCode ?? 0, answer.headers['retry-after'] !== undefined));
      answer.resume();
    });
    outgoing.on('error', (error) => end(String(error)));
    outgoing.end(body);
  });
}
