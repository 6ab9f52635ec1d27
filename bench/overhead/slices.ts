/**
 * Services that are loaded in turn, a tenth of a second each, again and again: what else the machine does, or the host
 * does to a virtual machine, lasts longer than that and so falls on all of them alike.
 */
import { HttpConnection } from '../etcd/http-connection.ts';
import type { Running } from './variants.ts';

export interface Request {
  readonly what: string;
  send(connection: HttpConnection): Promise<unknown>;
}

export interface Result {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of the processor for a request: all that the process has computed meanwhile, later work included. */
  readonly cpu: number;
}

const connectionsEach = 50;
const sliceMilliseconds = 100;

interface Tally {
  readonly connections: readonly HttpConnection[];
  requests: number;
  milliseconds: number;
}

/** `seconds`: for each of the services. Rejects when an answer is not 200. */
export async function loadInTurn(running: readonly Running[], request: Request, seconds: number): Promise<Result[]> {
  const tallies: Tally[] = running.map(({ port }) => ({
    connections: Array.from({ length: connectionsEach }, () => new HttpConnection(port)),
    requests: 0,
    milliseconds: 0,
  }));
  const before = running.map(({ cpuSeconds }) => cpuSeconds());
  try {
    for (let turn = 0; turn < (seconds * 1000) / sliceMilliseconds; turn++) {
      // Another one first each time.
      for (let i = 0; i < tallies.length; i++) await slice(tallies[(turn + i) % tallies.length] as Tally, request);
    }
  } finally {
    for (const { connections } of tallies) for (const connection of connections) connection.close();
  }
  return tallies.map(({ requests, milliseconds }, i) => ({
    rate: (requests / milliseconds) * 1000,
    cpu: (((running[i]?.cpuSeconds() ?? 0) - (before[i] ?? 0)) / requests) * 1e6,
  }));
}

async function slice(tally: Tally, { send }: Request): Promise<void> {
  const start = performance.now();
  const end = start + sliceMilliseconds;
  await Promise.all(
    tally.connections.map(async (connection) => {
      while (performance.now() < end) {
        await send(connection);
        tally.requests++;
      }
    }),
  );
  tally.milliseconds += performance.now() - start;
}
