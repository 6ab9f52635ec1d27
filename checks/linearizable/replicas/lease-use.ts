/** What the processes' metrics say of fresh reads: whether they were answered by lease, and what leases went through. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../clients/call.ts';
import { scrape } from './scrape.ts';

export interface LeaseUse {
  /** Requests that read, whatever they were answered. */
  readonly reads: number;
  /** Of these, about how many asked etcd: those that waited for the barrier. */
  readonly byBarrier: number;
  /** The share of samples in which a replica held a lease, 0 to 1. */
  readonly held: number;
  /** What else the metrics of leases counted, by series. */
  readonly counts: Readonly<Record<string, number>>;
}

/** A process that runs, and may be replaced by another one. */
interface Watched extends Target {
  readonly pid: number;
}

const interval = 500;
const reading =
  /^http_server_request_duration_seconds_count\{.*http_request_method="(GET.*http_route="(\/|\/get\/.*|\/search)"|POST.*http_route="\/get")/;
const counting = /^kvstore_(lease_ends|stalls|notices)_total/;

/** Reads the metrics of each process now and then. What a process counted shortly before it is killed is not seen. */
export function watchLeases(processes: readonly Watched[]): { stop(): Promise<LeaseUse> } {
  const stopped = new AbortController();
  const last = new Map<number, Map<string, number>>();
  const totals = new Map<string, number>();
  const add = (name: string, value: number) => totals.set(name, (totals.get(name) ?? 0) + value);
  const take = (pid: number, found: Map<string, number>) => {
    const before = last.get(pid);
    last.set(pid, found);
    for (const [series, value] of found) {
      const more = value - (before?.get(series) ?? 0);
      if (reading.test(series)) add('reads', more);
      else if (series === 'kvstore_barrier_requests_sum') add('byBarrier', more);
      else if (counting.test(series) && more > 0) add(series, more);
    }
    add('samples', 1);
    add('held', found.get('kvstore_lease_held') ?? 0);
  };
  const sample = async ({ url, pid }: Watched) => {
    // A process that is paused or gone says nothing.
    const found = await scrape(url, interval).catch(() => undefined);
    if (found !== undefined) take(pid, found);
  };
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await Promise.all(processes.map(sample));
      await sleep(interval);
    }
    await Promise.all(processes.map(sample));
  })();
  return {
    stop: async () => {
      stopped.abort();
      await running;
      const { reads = 0, byBarrier = 0, samples = 0, held = 0, ...counts } = Object.fromEntries(totals);
      return { reads, byBarrier, held: samples === 0 ? 0 : held / samples, counts };
    },
  };
}
