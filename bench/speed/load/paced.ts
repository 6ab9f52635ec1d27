/**
 * Requests at a fixed rate, spread over connections: what a service that is not full makes its clients wait. A time is
 * counted from when the request was due, so a server that stalls is charged for all that it holds up.
 */
import { HttpConnection } from '../../etcd/http-connection.ts';
import type { Seen } from '../figures.ts';

export interface PacedOptions {
  readonly port: number;
  readonly paths: readonly string[];
  readonly connections: number;
  /** Requests a second, of all connections together. */
  readonly rate: number;
  readonly seconds: number;
}

export async function paced({ port, paths, connections, rate, seconds }: PacedOptions): Promise<Seen> {
  const times: number[] = [];
  let errors = 0;
  const interval = (connections / rate) * 1000;
  const start = performance.now() + 50;
  const perConnection = Math.floor((seconds * 1000) / interval);
  const workers = Array.from({ length: connections }, async (_, c) => {
    const connection = new HttpConnection(port);
    for (let i = 0; i < perConnection; i++) {
      const due = start + interval * (i + c / connections);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      // A timer fires up to a millisecond late: that is the load's own fault.
      const sent = performance.now();
      await connection.get(paths[(i * connections + c) % paths.length] ?? '/').catch(() => errors++);
      times.push(performance.now() - Math.max(due, Math.min(sent, due + 1.5)));
    }
    connection.close();
  });
  await Promise.all(workers);
  times.sort((a, b) => a - b);
  const quantile = (q: number) => times[Math.floor(times.length * q)] ?? Number.NaN;
  return { rate: times.length / seconds, p50: quantile(0.5), p99: quantile(0.99), errors };
}
