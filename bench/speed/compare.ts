/** Measures the targets of a row in turn, round by round: what disturbs the machine disturbs all of them. */
import { type Figure, type Figures, type Spread, spreadOf } from './figures.ts';
import type { Bar, Contest, Target } from './row.ts';

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
  /** Of each measurement. */
  readonly seconds: number;
  readonly warmup: number;
}

export async function compare(contest: Contest, { rounds, seconds, warmup }: Rounds) {
  const { targets, bars } = contest;
  const seen = new Map<Target, Figures[]>(targets.map((target) => [target, []]));
  for (const target of targets) await target.measure(warmup);
  for (let round = 0; round < rounds; round++) {
    // Another one begins each time, so that none always follows the same.
    for (let i = 0; i < targets.length; i++) {
      const target = targets[(i + round) % targets.length] as Target;
      seen.get(target)?.push(await target.measure(seconds));
    }
  }
  const results = targets.map((target) => resultOf(target.name, seen.get(target) ?? []));
  return { targets: results, bars: bars.map((bar) => judge(bar, results)) };
}

function resultOf(name: string, rounds: readonly Figures[]): TargetResult {
  const spread = (figure: Figure) => spreadOf(rounds.map((round) => round[figure]));
  const errors = rounds.reduce((sum, round) => sum + round.errors, 0);
  return { name, rounds, rate: spread('rate'), p50: spread('p50'), p99: spread('p99'), cpu: spread('cpu'), errors };
}

function judge(bar: Bar, results: readonly TargetResult[]): BarResult {
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
