/** The same requests to several services in turn. */
import { beginLoad } from '../load/load.ts';
import { cpuOf, type MeasuredSlice, withCpu } from '../load/measured-slice.ts';
import type { Request } from '../load/requests.ts';
import { rateOf, type Session } from '../load/session.ts';
import { idle } from '../slices/idle.ts';
import { inTurn, turnsIn } from '../slices/in-turn.ts';
import { sum } from '../slices/statistics.ts';

/** What is loaded. */
export interface Service {
  readonly port: number;
  readonly pids: readonly number[];
}

/** One second of a service. */
export interface Second {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of the processor for a request: all that the process has computed meanwhile, later work included. */
  readonly cpu: number;
}

export interface MeasureOptions {
  readonly requests: readonly Request[];
  /** For each of the services. */
  readonly seconds: number;
  /** Milliseconds. */
  readonly slice: number;
}

const connections = 50;

/** The seconds of each service, in which all were loaded in turn. Rejects when an answer is not 2xx. */
export async function measure(services: readonly Service[], options: MeasureOptions): Promise<Second[][]> {
  const { requests, seconds, slice } = options;
  const loads: Session[] = [];
  for (const { port } of services) loads.push(await beginLoad({ port, requests, connections }));
  const turnsASecond = turnsIn(1, slice);
  const candidates = loads.map((load, i) => (milliseconds: number) => {
    return withLaterWork(services[i]?.pids ?? [], load, milliseconds);
  });
  const slices = await inTurn(candidates, seconds * turnsASecond, slice);
  const errors = sum((await Promise.all(loads.map((load) => load.end()))).map((summary) => summary.errors));
  if (errors > 0) throw new Error(`${errors} requests failed`);
  return slices.map((own) =>
    Array.from({ length: seconds }, (_, second) =>
      secondOf(own.slice(second * turnsASecond, (second + 1) * turnsASecond)),
    ),
  );
}

/** Spans are sent later, from another thread. */
function withLaterWork(pids: readonly number[], load: Session, milliseconds: number): Promise<MeasuredSlice> {
  return withCpu(pids, async () => {
    const seen = await load.slice(milliseconds);
    await idle(pids);
    return seen;
  });
}

function secondOf(slices: readonly MeasuredSlice[]): Second {
  return { rate: rateOf(slices), cpu: cpuOf(slices) };
}
