/** What was measured, as a table of Markdown, and which bars were missed. */
import { quantile } from '../../test-support/quantile.ts';
import type { Measured } from './measure.ts';

export const bars = {
  /** Of the others' rate alone. */
  rate: 0.5,
  /** Milliseconds of the service's work that the slowest probe waited for. */
  probe: 50,
  /** MiB of the 512 of a container, less what the system takes for connections. */
  memory: 480,
} as const;

export function table(measured: readonly Measured[]): string {
  const rows = measured.map(({ kind, reads, writes, beside, memory }) => [
    kind,
    percent(middle(reads)),
    percent(middle(writes)),
    beside.work.toFixed(),
    beside.slowest.toFixed(),
    memory.toFixed(),
  ]);
  const alone = Math.max(...measured.map((one) => one.alone.slowest));
  const head = ['worst client', 'reads', 'writes', 'slowest probe, ms of work', 'ms', 'MiB'];
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return [...lines, '', `Alone, the slowest probe of all rounds took ${alone.toFixed()} ms.`].join('\n');
}

/** A line for each bar that was missed. */
export function missed(measured: readonly Measured[]): string[] {
  return measured.flatMap(({ kind, reads, writes, beside, memory }) => [
    ...(middle(reads) < bars.rate ? [`${kind}: others read at ${percent(middle(reads))} of their rate`] : []),
    ...(middle(writes) < bars.rate ? [`${kind}: others write at ${percent(middle(writes))} of their rate`] : []),
    ...(beside.work > bars.probe ? [`${kind}: a probe waited for ${beside.work.toFixed()} ms of work`] : []),
    ...(beside.failed > 0 ? [`${kind}: ${beside.failed} probes failed`] : []),
    ...(memory > bars.memory ? [`${kind}: ${memory.toFixed()} MiB`] : []),
  ]);
}

function middle(values: readonly number[]): number {
  return quantile(values, 0.5) ?? 0;
}

function percent(ratio: number): string {
  return `${(100 * ratio).toFixed()}%`;
}
