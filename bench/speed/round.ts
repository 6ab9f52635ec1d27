/** A round of a row: all that is loaded, in turn, with the same number of slices. */
import { rateOf, type Session, type Slice } from '../load/session.ts';
import { inTurn } from '../slices/in-turn.ts';
import { processorTime } from '../slices/processor-time.ts';
import { sum } from '../slices/statistics.ts';
import type { Figures } from './figures.ts';
import type { LoadedTarget } from './row.ts';

interface MeasuredSlice extends Slice {
  /** Microseconds of processor time that the serving processes took meanwhile. */
  readonly cpu: number;
}

/** Figures in the order of the targets. Each has connections of its own, and one more slice that is not counted. */
export async function loadInTurn(targets: readonly LoadedTarget[], turns: number, slice: number): Promise<Figures[]> {
  const sessions: Session[] = [];
  for (const target of targets) sessions.push(await target.begin());
  const candidates = sessions.map((session, i) => (milliseconds: number) => {
    return withCpu(targets[i]?.pids ?? [], () => session.slice(milliseconds));
  });
  await inTurn(candidates, 1, slice);
  const slices = await inTurn(candidates, turns, slice);
  const figures: Figures[] = [];
  for (const [i, session] of sessions.entries()) {
    const own = slices[i] ?? [];
    const cpu = sum(own.map((slice) => slice.cpu)) / sum(own.map(({ answers }) => answers));
    figures.push({ rate: rateOf(own), cpu, ...(await session.end()) });
  }
  return figures;
}

async function withCpu(pids: readonly number[], slice: () => Promise<Slice>): Promise<MeasuredSlice> {
  const before = processorTime(pids);
  const seen = await slice();
  return { ...seen, cpu: processorTime(pids) - before };
}
