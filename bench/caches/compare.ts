/** A cell of the table: a service with all caches and one without one of them, in turn. */
import { BesideWrites } from '../load/beside-writes.ts';
import { beginLoad } from '../load/load.ts';
import { cpuOf, withCpu } from '../load/measured-slice.ts';
import { PacedSession } from '../load/paced.ts';
import type { Session } from '../load/session.ts';
import { idle } from '../slices/idle.ts';
import { inTurn, turnsIn } from '../slices/in-turn.ts';
import type { Cell } from './cells.ts';
import { type Services, type Stores, serve } from './services.ts';
import { type Workload, writesBeside } from './workloads.ts';

export interface Rounds {
  readonly rounds: number;
  /** Of each service in a round. */
  readonly seconds: number;
}

/** A figure of each round. */
export interface Compared {
  readonly with: readonly number[];
  readonly without: readonly number[];
}

/** Of clients whose requests are sent at a rate. */
const connections = 50;
/** Milliseconds of a turn when processor time is measured: what else the machine does falls on both. */
const slice = 100;
/** Seconds of load until most of the code is compiled. */
const warmUp = 1.5;

/** Microseconds of the service's processor time for a request, of 50 that are always under way. */
export async function throughput(cell: Cell, stores: Stores, { rounds, seconds }: Rounds): Promise<Compared> {
  await using services = await startBoth(cell, stores);
  const { pids } = services;
  const { workload } = cell;
  const load = { requests: workload.requests(), connections: workload.clients };
  const sessions: Session[] = [];
  for (const port of services.ports) sessions.push(withWrites(await beginLoad({ port, ...load }), workload, port));
  const candidates = sessions.map((session) => (milliseconds: number) => {
    return withCpu(pids, async () => {
      const seen = await session.slice(milliseconds);
      await idle(pids);
      return seen;
    });
  });
  await inTurn(candidates, 1, warmUp * 1000);
  const compared: { readonly with: number[]; readonly without: number[] } = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    const [having = [], lacking = []] = await inTurn(candidates, turnsIn(seconds, slice), slice);
    compared.with.push(cpuOf(having));
    compared.without.push(cpuOf(lacking));
  }
  await endAll(sessions);
  return compared;
}

/** p99 in milliseconds, of requests at the workload's rate. */
export async function latency(cell: Cell, stores: Stores, { rounds, seconds }: Rounds): Promise<Compared> {
  await using services = await startBoth(cell, stores);
  const { workload } = cell;
  const { rate } = workload;
  const requests = workload.requests();
  const candidates = services.ports.map((port) => {
    let sent = 0;
    return async (milliseconds: number) => {
      // One session has one p99. Each goes on where the last one ended, or the same few records would be read each time.
      const at = sent % requests.length;
      const rest = [...requests.slice(at), ...requests.slice(0, at)];
      const session = withWrites(new PacedSession({ port, requests: rest, connections, rate }), workload, port);
      sent += (await session.slice(milliseconds)).answers;
      return (await endAll([session]))[0]?.p99 ?? Number.NaN;
    };
  });
  await inTurn(candidates, 1, warmUp * 1000);
  const [having = [], lacking = []] = await inTurn(candidates, rounds, seconds * 1000);
  return { with: having, without: lacking };
}

async function startBoth({ cache, workload, store }: Cell, stores: Stores): Promise<Services> {
  const [one, other] = await stores.two(store, workload.pairs);
  if (one === undefined || other === undefined) throw new Error('Two stores are needed');
  return serve([one, { ...other, without: cache }]);
}

function withWrites(session: Session, { pairs, writes }: Workload, port: number): Session {
  return writes === 0 ? session : new BesideWrites(session, { port, perSecond: writes, bodies: writesBeside(pairs) });
}

async function endAll(sessions: readonly Session[]) {
  const summaries = await Promise.all(sessions.map((session) => session.end()));
  const errors = summaries.reduce((sum, summary) => sum + summary.errors, 0);
  if (errors > 0) throw new Error(`${errors} requests failed`);
  return summaries;
}
