/**
 * What searches saw, as registers of their own: whether the keys of a register are there. What is searched for while it
 * is deleted does not count, so that it comes into being once: between the earliest start of a write and the earliest
 * moment at which somebody knew of one.
 */
import type { Operation } from './operation.ts';
import { absent } from './registers.ts';

/** The register that holds `there` once the given one holds anything. */
export function presenceOf(register: string): string {
  return `presence of ${register}`;
}

/** The history with the write that each presence register needs. */
export function withPresence(history: readonly Operation[]): Operation[] {
  const spans = new Map<string, { start: number; end: number }>();
  for (const { kind, register, value, start, end } of history) {
    if (value === undefined || value === absent || kind === 'refused') continue;
    const span = spans.get(register) ?? { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
    spans.set(register, span);
    if (kind === 'write') span.start = Math.min(span.start, start);
    span.end = Math.min(span.end, end);
  }
  const searched = new Set(history.map(({ register }) => register));
  const writes = [...spans].map(([register, span]) => ({ register: presenceOf(register), ...span }));
  return [
    ...history,
    ...writes
      .filter(({ register }) => searched.has(register))
      .map((write): Operation => ({ client: -1, kind: 'write', value: 'there', ...write })),
  ];
}
