/** What clients did and saw, and whether one order of it explains everything (linearizability). */

/** One operation on a register: a key, or a group of keys that are written and read together. */
export interface Operation {
  readonly client: number;
  readonly kind: 'read' | 'write';
  readonly register: string;
  /** Written or read; undefined: the register had none. No two writes have the same. */
  readonly value: string | undefined;
  /** A write that was done on the condition that the register held this value, or none (undefined). */
  readonly replaces?: { readonly value: string | undefined };
  /** Milliseconds. */
  readonly start: number;
  /** Infinity: a write whose outcome is not known may happen at any time after its start, or never. */
  readonly end: number;
}

/** What the operations on one value span: the value was there from before `from` until after `to`, or within. */
interface Zone {
  readonly value: string | undefined;
  readonly low: number;
  readonly high: number;
  readonly forward: boolean;
}

/**
 * The violations of a history, one text for each; none: it is linearizable. Exact for registers whose written values
 * are all different (Gibbons and Korach, "Testing shared memories", 1997): the operations on a value form a zone from
 * the first end to the last start; forward zones must not overlap, and hold no backward zone.
 */
export function violations(history: readonly Operation[]): string[] {
  const registers = Map.groupBy(history, ({ register }) => register);
  return [...registers].flatMap(([register, operations]) =>
    violationsOf(operations).map((violation) => `${register}: ${violation}`),
  );
}

function violationsOf(operations: readonly Operation[]): string[] {
  const found = replacedTwice(operations);
  const zones: Zone[] = [];
  for (const [value, group] of Map.groupBy(operations, (operation) => operation.value)) {
    const write = value === undefined ? { start: -Infinity, end: -Infinity } : group.find(isWrite);
    const reads = group.filter((operation) => !isWrite(operation));
    if (write === undefined) {
      found.push(`${value} was read, but never written`);
      continue;
    }
    // Nobody saw it: it may never have happened.
    if (write.end === Infinity && reads.length === 0) continue;
    if (reads.some(({ end }) => end < write.start)) found.push(`${value} was read before it was written`);
    const firstEnd = Math.min(write.end, ...reads.map(({ end }) => end));
    const lastStart = Math.max(write.start, ...reads.map(({ start }) => start));
    const forward = firstEnd < lastStart;
    zones.push({ value, forward, low: Math.min(firstEnd, lastStart), high: Math.max(firstEnd, lastStart) });
  }
  const forward = zones.filter((zone) => zone.forward).sort((a, b) => a.low - b.low);
  forward.forEach((zone, i) => {
    const next = forward[i + 1];
    if (next !== undefined && next.low < zone.high) found.push(`${zone.value} and ${next.value} were there by turns`);
  });
  for (const { value, low, high, forward: isForward } of zones) {
    if (isForward) continue;
    const around = forward.find((zone) => zone.low < low && high < zone.high);
    if (around !== undefined) found.push(`${value} came and went while ${around.value} was there`);
  }
  return found;
}

/** A value is there once, so only one write can have replaced it. */
function replacedTwice(operations: readonly Operation[]): string[] {
  const replacing = operations.filter(({ replaces }) => replaces !== undefined);
  return [...Map.groupBy(replacing, ({ replaces }) => replaces?.value)]
    .filter(([, group]) => group.length > 1)
    .map(([value, group]) => `${value} was replaced by ${group.map((each) => each.value).join(' and by ')}`);
}

function isWrite({ kind }: Operation): boolean {
  return kind === 'write';
}
