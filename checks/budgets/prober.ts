/** Probes as an orchestrator sends them, each over a connection of its own, and what the service did while each waited. */
import { setTimeout as pause } from 'node:timers/promises';
import { exchange } from '../overload/exchange.ts';
import { processorTime } from './processor-time.ts';

export interface Probe {
  /** Milliseconds. */
  readonly took: number;
  /** Milliseconds of processor time that the service used meanwhile: what a quiet machine would have let it wait. */
  readonly work: number;
  readonly ok: boolean;
}

const paths = ['/livez', '/readyz'];
/** Not that of the worst clients, as a kubelet's is not: addresses take turns when many connect at once. */
const from = '127.0.0.2';
/** Milliseconds. */
const interval = 20;

/** Sends them until `ended`. */
export async function probe(port: number, pid: number, ended: AbortSignal): Promise<Probe[]> {
  const probes: Promise<Probe>[] = [];
  for (let i = 0; !ended.aborted; i++) {
    const before = processorTime(pid);
    const sent = exchange({ port }, { path: paths[i % paths.length] ?? '' }, false, from);
    probes.push(sent.then(({ took, outcome }) => ({ took, work: processorTime(pid) - before, ok: outcome === 200 })));
    await pause(interval);
  }
  return Promise.all(probes);
}
