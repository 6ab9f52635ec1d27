/** A round of a row: all that is loaded, in turn, with the same number of slices. */
import { cpuOf, withCpu } from '../load/measured-slice.ts';
import { rateOf, type Session } from '../load/session.ts';
import { inTurn } from '../slices/in-turn.ts';
import type { Figures } from './figures.ts';
import type { LoadedTarget } from './row.ts';

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
    figures.push({ rate: rateOf(own), cpu: cpuOf(own), ...(await session.end()) });
  }
  return figures;
}
