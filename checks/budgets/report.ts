/** What was measured, as a table of Markdown, and which bars were missed. */
import { quantile } from '../../test-support/quantile.ts';
import type { Measured, Part } from './measure.ts';

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
    ...[one.beside, one.alone].map((parts) => `${slowest(parts, 'work')} (${worst(parts, 'work')})`),
    `${slowest(one.beside, 'slowest')} (${worst(one.beside, 'slowest')})`,
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
    const work = middle(beside.map((part) => part.work));
    const failed = beside.reduce((sum, part) => sum + part.failed, 0);
    return [
      ...(kept(one, 'reads') < bars.rate
        ? [`${kind}: others read at ${percent(kept(one, 'reads'))} of their rate`]
        : []),
      ...(kept(one, 'writes') < bars.rate
        ? [`${kind}: others write at ${percent(kept(one, 'writes'))} of their rate`]
        : []),
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

function slowest(parts: readonly Part[], of: 'work' | 'slowest'): string {
  return middle(parts.map((part) => part[of])).toFixed();
}

function worst(parts: readonly Part[], of: 'work' | 'slowest'): string {
  return Math.max(...parts.map((part) => part[of])).toFixed();
}

function middle(values: readonly number[]): number {
  return quantile(values, 0.5) ?? 0;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed()}%`;
}
