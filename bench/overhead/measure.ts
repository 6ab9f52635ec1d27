/** The same requests to several services in turn. */
import { beginLoad } from '../load/load.ts';
import type { Request } from '../load/requests.ts';
import { rateOf, type Session, type Slice } from '../load/session.ts';
import { idle } from '../slices/idle.ts';
import { inTurn, turnsIn } from '../slices/in-turn.ts';
import { processorTime } from '../slices/processor-time.ts';
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

interface MeasuredSlice extends Slice {
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
  const slices = await inTurn(
    services.map(
      ({ pids }, i) =>
        (milliseconds) =>
          withCpu(pids, loads[i] as Session, milliseconds),
    ),
    seconds * turnsASecond,
    slice,
  );
  const errors = sum((await Promise.all(loads.map((load) => load.end()))).map((summary) => summary.errors));
  if (errors > 0) throw new Error(`${errors} requests failed`);
  return slices.map((own) =>
    Array.from({ length: seconds }, (_, second) =>
      secondOf(own.slice(second * turnsASecond, (second + 1) * turnsASecond)),
    ),
  );
}

async function withCpu(pids: readonly number[], load: Session, milliseconds: number): Promise<MeasuredSlice> {
  const before = processorTime(pids);
  const seen = await load.slice(milliseconds);
  // Spans are sent later, from another thread.
  await idle(pids);
  return { ...seen, cpu: processorTime(pids) - before };
}

function secondOf(slices: readonly MeasuredSlice[]): Second {
  return {
    rate: rateOf(slices),
    cpu: sum(slices.map(({ cpu }) => cpu)) / sum(slices.map(({ answers }) => answers)),
  };
}
