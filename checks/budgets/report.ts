/** What was measured, as a table of Markdown, and which bars were missed. */
import { quantile } from '../../test-support/quantile.ts';
import type { Measured } from './measure.ts';

export const bars = {
  /** Of the others' rate alone. */
  rate: 0.5,
  /** Milliseconds of the service's work that the slowest probe of a round waited for: the middle of the rounds. */
  probe: 50,
  /** MiB of the 512 of a container, less what the system takes for connections. */
  memory: 480,
} as const;

export function table(measured: readonly Measured[]): string {
  const rows = measured.map((one) => [
    one.kind,
    percent(kept(one, 'reads')),
    percent(kept(one, 'writes')),
    middleAndWorst(one.beside.map(({ work }) => work)),
    middleAndWorst(one.alone.map(({ work }) => work)),
    middleAndWorst(one.beside.map(({ slowest }) => slowest)),
    one.memory.toFixed(),
  ]);
  const head = ['worst client', 'reads', 'writes', 'slowest probe, ms of work', 'alone', 'its ms', 'MiB'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [...lines, '', 'Of a probe: the middle of the rounds (the worst of all).'].join('\n');
}

/** A line for each bar that was missed. */
export function missed(measured: readonly Measured[]): string[] {
  return measured.flatMap((one) => {
    const { kind, beside, memory } = one;
    const [reads, writes] = [kept(one, 'reads'), kept(one, 'writes')];
    const work = middle(beside.map((part) => part.work));
    const failed = beside.reduce((sum, part) => sum + part.failed, 0);
    return [
      ...(reads < bars.rate ? [`${kind}: others read at ${percent(reads)} of their rate`] : []),
      ...(writes < bars.rate ? [`${kind}: others write at ${percent(writes)} of their rate`] : []),
      ...(work > bars.probe ? [`${kind}: a probe waited for ${work.toFixed()} ms of work`] : []),
      ...(failed > 0 ? [`${kind}: ${failed} probes failed`] : []),
      ...(memory > bars.memory ? [`${kind}: ${memory.toFixed()} MiB`] : []),
    ];
  });
}

/** The others beside it, as a part of what they do alone in the same round. */
function kept({ alone, beside }: Measured, of: 'reads' | 'writes'): number {
  return middle(beside.map((part, i) => part[of] / Math.max(1, alone[i]?.[of] ?? 0)));
}

function middleAndWorst(milliseconds: readonly number[]): string {
  return `${middle(milliseconds).toFixed()} (${Math.max(...milliseconds).toFixed()})`;
}

function middle(values: readonly number[]): number {
  return quantile(values, 0.5) ?? 0;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed()}%`;
}
