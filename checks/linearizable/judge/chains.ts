/** Chains: values of a register that replaced each other on conditions, so that nothing stood between them. */
import type { Operation } from '../history/operation.ts';
import { absent } from '../history/registers.ts';

/** When a value was there, at the least and at the most. */
export interface Standing {
  readonly value: string | undefined;
  /** It was there at the latest from here on. */
  readonly latestBegin: number;
  /** It was there at the least until here. */
  readonly earliestEnd: number;
  /** Another value replaced it on a condition. */
  readonly replaced: boolean;
}

export interface Chain {
  /** For messages. */
  readonly name: string;
  readonly values: readonly Standing[];
  /** Of all operations on its values. */
  readonly firstEnd: number;
  readonly lastStart: number;
}

interface Span {
  /** Of the value's write, or -Infinity for what was there at the beginning. */
  readonly write: { readonly start: number; readonly end: number };
  readonly firstEnd: number;
  readonly lastStart: number;
}

/** The chains of a register's operations, and what contradicts itself within them. */
export function chainsOf(operations: readonly Operation[]): { chains: Chain[]; violations: string[] } {
  const violations: string[] = [];
  const seen = seenValues(operations);
  const spans = new Map<string | undefined, Span>();
  const next = new Map<string | undefined, string | undefined>();
  const replacing = new Set<string | undefined>();
  for (const [value, group] of Map.groupBy(operations, (operation) => operation.value)) {
    const own = group.find(({ kind }) => kind === 'write');
    const reads = group.filter(({ kind }) => kind === 'read');
    const write = value === undefined ? beginning : own;
    if (write === undefined) {
      if (reads.length > 0) violations.push(`${value} was read, but never written`);
      continue;
    }
    // No operation knows of it: it may never have happened.
    if (write.end === Number.POSITIVE_INFINITY && !seen.has(value)) continue;
    spans.set(value, spanOf(write, reads));
    if (own?.replaces === undefined || own.replaces.value === absent) continue;
    const { value: before } = own.replaces;
    if (before === undefined && !spans.has(undefined)) spans.set(undefined, spanOf(beginning, []));
    if (!next.has(before)) {
      next.set(before, value);
      replacing.add(value);
    }
  }
  const chains: Chain[] = [];
  const visited = new Set<string | undefined>();
  for (const value of spans.keys()) {
    if (replacing.has(value)) continue;
    const values: (string | undefined)[] = [value];
    while (next.has(values.at(-1))) values.push(next.get(values.at(-1)));
    for (const each of values) visited.add(each);
    chains.push(chainOf(values, spans, violations));
  }
  for (const value of spans.keys()) {
    if (!visited.has(value)) violations.push(`${value} replaced what was never there`);
  }
  return { chains, violations };
}

const beginning = { start: Number.NEGATIVE_INFINITY, end: Number.NEGATIVE_INFINITY };

function spanOf(write: Span['write'], reads: readonly Operation[]): Span {
  let { start: lastStart, end: firstEnd } = write;
  for (const { start, end } of reads) {
    lastStart = Math.max(lastStart, start);
    firstEnd = Math.min(firstEnd, end);
  }
  return { write, firstEnd, lastStart };
}

/** Values that were read, or that a write which certainly happened replaced. */
export function seenValues(operations: readonly Operation[]): Set<string | undefined> {
  const seen = new Set<string | undefined>();
  const unknown = new Map<string | undefined, Operation>();
  const see = (value: string | undefined) => {
    if (seen.has(value)) return;
    seen.add(value);
    const before = unknown.get(value)?.replaces;
    if (before !== undefined) see(before.value);
  };
  for (const one of operations) {
    if (one.kind === 'write' && one.end === Number.POSITIVE_INFINITY) unknown.set(one.value, one);
  }
  for (const { kind, value, replaces, end } of operations) {
    if (kind === 'read') see(value);
    if (kind === 'write' && replaces !== undefined && end !== Number.POSITIVE_INFINITY) see(replaces.value);
  }
  return seen;
}

/** `values` follow each other directly. */
function chainOf(
  values: readonly (string | undefined)[],
  known: ReadonlyMap<string | undefined, Span>,
  violations: string[],
): Chain {
  const spans = values.map((value) => known.get(value) ?? spanOf(beginning, []));
  // When each value can have begun: not before the operations on the one before it.
  const earliest: number[] = [];
  for (const [i, { write }] of spans.entries()) {
    earliest.push(Math.max(write.start, spans[i - 1]?.lastStart ?? write.start, earliest[i - 1] ?? write.start));
  }
  const latest: number[] = [];
  for (let i = spans.length - 1; i >= 0; i--) {
    const end = spans[i]?.firstEnd ?? Number.POSITIVE_INFINITY;
    latest[i] = Math.min(end, latest[i + 1] ?? end);
  }
  const name = values.length === 1 ? String(values[0]) : `${values[0]} to ${values.at(-1)}`;
  for (const [i, value] of values.entries()) {
    if ((earliest[i] ?? 0) <= (latest[i] ?? 0)) continue;
    violations.push(
      i === 0 ? `${value} was read before it was written` : `${value} replaced ${values[i - 1]} at no possible time`,
    );
  }
  const standing = values.map((value, i) => ({
    value,
    latestBegin: latest[i] ?? 0,
    earliestEnd: earliest[i + 1] ?? Math.max(spans[i]?.lastStart ?? 0, earliest[i] ?? 0),
    replaced: i < values.length - 1,
  }));
  const firstEnd = latest[0] ?? 0;
  const lastStart = Math.max(...spans.map((span) => span.lastStart));
  return { name, values: standing, firstEnd, lastStart };
}
