/** Measures the targets of a row, round by round, and holds them to their bars. */
import { possibleSlice } from '../load/load.ts';
import { sliceMilliseconds, turnsIn } from '../slices/in-turn.ts';
import { type Spread, spreadOf, sum } from '../slices/statistics.ts';
import { type Figure, type Figures, single } from './figures.ts';
import { loadInTurn } from './round.ts';
import type { Bar, Contest } from './row.ts';

export interface TargetResult {
  readonly name: string;
  readonly rounds: readonly Figures[];
  readonly rate: Spread;
  readonly p50: Spread;
  readonly p99: Spread;
  readonly cpu: Spread;
  readonly errors: number;
}

export interface BarResult extends Bar {
  readonly ratio: Spread;
  readonly met: boolean;
}

export interface RowResult {
  readonly name: string;
  readonly title: string;
  readonly targets: readonly TargetResult[];
  readonly bars: readonly BarResult[];
}

export interface Rounds {
  readonly rounds: number;
  /** Of each target in a round, all of its slices together. */
  readonly seconds: number;
  /** The same, before the first round: until the code is compiled. */
  readonly warmup: number;
}

export async function compare(contest: Contest, { rounds, seconds, warmup }: Rounds) {
  const { targets, bars } = contest;
  const slice = possibleSlice(contest.slice ?? sliceMilliseconds);
  const loaded = targets.filter((target) => 'begin' in target);
  const seen = new Map<string, Figures[]>(targets.map(({ name }) => [name, []]));
  await loadInTurn(loaded, turnsIn(warmup, slice), slice);
  for (let round = 0; round < rounds; round++) {
    const figures = await loadInTurn(loaded, turnsIn(seconds, slice), slice);
    for (const [i, { name }] of loaded.entries()) seen.get(name)?.push(figures[i] as Figures);
    for (const target of targets) if ('take' in target) seen.get(target.name)?.push(single(await target.take()));
  }
  const results = targets.map(({ name }) => resultOf(name, seen.get(name) ?? []));
  return { targets: results, bars: bars.map((bar) => judge(bar, results)) };
}

export function resultOf(name: string, rounds: readonly Figures[]): TargetResult {
  const spread = (figure: Figure) => spreadOf(rounds.map((round) => round[figure]));
  const errors = sum(rounds.map((round) => round.errors));
  return { name, rounds, rate: spread('rate'), p50: spread('p50'), p99: spread('p99'), cpu: spread('cpu'), errors };
}

/** `of` and `against` were measured in the same seconds of each round, so their ratio is made round by round. */
export function judge(bar: Bar, results: readonly TargetResult[]): BarResult {
  const find = (name: string) => {
    const result = results.find((each) => each.name === name);
    if (result === undefined) throw new Error(`A bar names ${name}, which is not measured`);
    return result;
  };
  const [of, against] = [find(bar.of), find(bar.against)];
  const ratios = of.rounds.map((round, i) => round[bar.figure] / (against.rounds[i]?.[bar.figure] ?? Number.NaN));
  const ratio = spreadOf(ratios);
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = bar;
  return { ...bar, ratio, met: of.errors === 0 && ratio.median >= atLeast && ratio.median <= atMost };
}
