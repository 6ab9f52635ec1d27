/**
 * Connections that each send their next request when the last one is answered: for what wrk cannot send, such as HEAD, whose
 * answer says how long a body it has not. It is slower than what it measures, so rates say nothing; processor time does.
 */
import { quantile } from '../../test-support/quantile.ts';
import { HttpConnection } from './http-connection.ts';
import type { LoadOptions } from './requests.ts';
import type { Session, Slice, Summary } from './session.ts';

export class ClosedLoop implements Session {
  readonly #requests: LoadOptions['requests'];
  readonly #connections: readonly HttpConnection[];
  /** Milliseconds, of each request. */
  readonly #times: number[] = [];
  #errors = 0;

  constructor({ port, requests, connections }: LoadOptions) {
    this.#requests = requests;
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(port));
  }

  async slice(milliseconds: number): Promise<Slice> {
    const start = performance.now();
    const before = this.#times.length;
    await Promise.all(this.#connections.map((connection) => this.#loop(connection, start + milliseconds)));
    return { answers: this.#times.length - before, milliseconds: performance.now() - start };
  }

  async end(): Promise<Summary> {
    for (const connection of this.#connections) connection.close();
    const timeOf = (q: number) => quantile(this.#times, q) ?? Number.NaN;
    return { p50: timeOf(0.5), p99: timeOf(0.99), errors: this.#errors };
  }

  async #loop(connection: HttpConnection, end: number): Promise<void> {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      const request = this.#requests[this.#times.length % this.#requests.length] ?? { path: '/' };
      await connection.send(request).catch(() => this.#errors++);
      this.#times.push(performance.now() - sent);
    }
  }
}
