/** A slice of load, and what it cost those that served it. */
import { processorTime } from '../slices/processor-time.ts';
import { sum } from '../slices/statistics.ts';
import type { Slice } from './session.ts';

export interface MeasuredSlice extends Slice {
  /** Microseconds of processor time that the serving processes took meanwhile. */
  readonly cpu: number;
}

export async function withCpu(pids: readonly number[], slice: () => Promise<Slice>): Promise<MeasuredSlice> {
  const before = processorTime(pids);
  const seen = await slice();
  return { ...seen, cpu: processorTime(pids) - before };
}

/** Microseconds of processor time for an answer. */
export function cpuOf(slices: readonly MeasuredSlice[]): number {
  return sum(slices.map(({ cpu }) => cpu)) / sum(slices.map(({ answers }) => answers));
}
