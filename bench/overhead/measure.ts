/** The same requests to several services in turn. */
import { beginLoad, possibleSlice } from '../load/load.ts';
import type { Request } from '../load/requests.ts';
import { rateOf } from '../load/session.ts';
import type { PinnedServer } from '../pinned.ts';
import { idle } from '../slices/idle.ts';
import { inTurn, sliceMilliseconds, turnsIn } from '../slices/in-turn.ts';
import { processorTime } from '../slices/processor-time.ts';
import { sum } from '../slices/statistics.ts';

export interface Result {
  /** Requests a second. */
  readonly rate: number;
  /** Microseconds of the processor for a request: all that the process has computed meanwhile, later work included. */
  readonly cpu: number;
}

const connections = 50;
const slice = possibleSlice(sliceMilliseconds);

/** `seconds`: for each of the services. Rejects when an answer is not 2xx. */
export async function measure(
  servers: readonly PinnedServer[],
  requests: readonly Request[],
  seconds: number,
): Promise<readonly Result[]> {
  const loads = await Promise.all(servers.map(({ port }) => beginLoad({ port, requests, connections })));
  const before = servers.map(({ pids }) => processorTime(pids));
  const slices = await inTurn(
    loads.map((load, i) => async (milliseconds) => {
      const seen = await load.slice(milliseconds);
      // Spans are sent later, from another thread.
      await idle(servers[i]?.pids ?? []);
      return seen;
    }),
    turnsIn(seconds, slice),
    slice,
  );
  const after = servers.map(({ pids }) => processorTime(pids));
  const errors = sum((await Promise.all(loads.map((load) => load.end()))).map((summary) => summary.errors));
  if (errors > 0) throw new Error(`${errors} requests failed`);
  return slices.map((own, i) => {
    const answers = sum(own.map((each) => each.answers));
    return { rate: rateOf(own), cpu: ((after[i] ?? 0) - (before[i] ?? 0)) / answers };
  });
}
