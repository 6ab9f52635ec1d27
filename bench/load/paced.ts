/**
 * Requests at a fixed rate, spread over connections: what a service that is not full makes its clients wait. A time is
 * counted from when the request was due, so a server that stalls is charged for all that it holds up.
 */
import { quantile } from '../../test-support/quantile.ts';
import { HttpConnection } from './http-connection.ts';
import type { Request } from './requests.ts';
import type { Session, Slice, Summary } from './session.ts';

export interface PacedOptions {
  readonly port: number;
  readonly requests: readonly Request[];
  readonly connections: number;
  /** Requests a second, of all connections together. */
  readonly rate: number;
}

/** Milliseconds until the first request of a slice is due: all of them are to be scheduled by then. */
const lead = 20;

export class PacedSession implements Session {
  readonly #options: PacedOptions;
  readonly #connections: readonly HttpConnection[];
  /** Milliseconds, of each request. */
  readonly #times: number[] = [];
  #errors = 0;

  constructor(options: PacedOptions) {
    this.#options = options;
    this.#connections = Array.from({ length: options.connections }, () => new HttpConnection(options.port));
  }

  async slice(milliseconds: number): Promise<Slice> {
    const { connections, rate } = this.#options;
    const count = Math.max(1, Math.round((milliseconds / 1000) * rate));
    const start = performance.now() + lead;
    const first = this.#times.length;
    // A slice may have fewer requests than there are connections: all have their turn.
    const connectionOf = (n: number) => this.#connections[(first + n) % connections] as HttpConnection;
    await Promise.all(
      this.#connections.map(async (_, c) => {
        for (let n = c; n < count; n += connections) {
          await this.#request(connectionOf(n), first + n, start + (n * 1000) / rate);
        }
      }),
    );
    return { answers: count, milliseconds: performance.now() - start };
  }

  async end(): Promise<Summary> {
    for (const connection of this.#connections) connection.close();
    const timeOf = (q: number) => quantile(this.#times, q) ?? Number.NaN;
    return { p50: timeOf(0.5), p99: timeOf(0.99), errors: this.#errors };
  }

  /** `n`: how many were due before it. */
  async #request(connection: HttpConnection, n: number, due: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    // A timer fires up to a millisecond late, or early: that is the load's own fault.
    const sent = performance.now();
    const { requests } = this.#options;
    await connection.send(requests[n % requests.length] ?? { path: '/' }).catch(() => this.#errors++);
    this.#times.push(performance.now() - Math.min(sent, due + 1.5));
  }
}
