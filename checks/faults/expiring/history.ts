/** What clients did with keys that have a time to live, and which of it no clock explains. Times are Unix milliseconds. */

/** From `start` to `end`; Infinity: its end is unknown. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A key is set once with a time to live, and perhaps once more without one, after which it stays. */
export interface ExpiringKey {
  readonly key: string;
  readonly ttl: number;
  /** Acknowledged. */
  readonly set: Span;
  kept: Span | undefined;
}

export interface ExpiringRead extends Span {
  readonly key: string;
  /** JSON text; undefined: it was not there. */
  readonly value: string | undefined;
}

export interface ExpiringHistory {
  readonly keys: readonly ExpiringKey[];
  readonly reads: readonly ExpiringRead[];
}

/** What the first set of a key writes, and the second. */
export const firstValue = (key: string) => JSON.stringify(`${key} expires`);
export const keptValue = (key: string) => JSON.stringify(`${key} stays`);

export interface Judgement {
  /** A text each. */
  readonly violations: readonly string[];
  /** Reads that say something about a deadline. */
  readonly judged: number;
}

/** Milliseconds after a jump in which work that was begun at the other time may still be under way. */
const aftermath = 1000;

/**
 * A value is never shown to who asks after its deadline, and never gone before. The service takes the deadline from its
 * clock while it handles the set: it lies `ttl` after a moment between the set's start and end. All processes are on one
 * machine, with one clock, but for `jumps`, while which a service had another: what these touch is not judged.
 */
export function judge({ keys, reads }: ExpiringHistory, jumps: readonly Span[]): Judgement {
  const known = new Map(keys.map((each) => [each.key, each]));
  const violations: string[] = [];
  let judged = 0;
  const jumped = (start: number, end: number) =>
    jumps.some((jump) => jump.start <= end && jump.end + aftermath >= start);
  for (const read of reads) {
    const own = known.get(read.key);
    if (own === undefined) continue;
    const verdict = judgeRead(own, read, jumped);
    if (verdict !== undefined) judged++;
    if (typeof verdict === 'string') violations.push(`${read.key}: ${verdict}`);
  }
  return { violations, judged };
}

/** What is wrong; true: nothing; undefined: it says nothing. */
function judgeRead(own: ExpiringKey, read: ExpiringRead, jumped: (start: number, end: number) => boolean) {
  const { key, ttl, set, kept } = own;
  const { value } = read;
  if (value !== undefined && value !== firstValue(key) && value !== keptValue(key)) return `holds ${value}`;
  if (value === keptValue(key)) return kept === undefined ? 'holds a value that was never set' : true;
  if (kept !== undefined && kept.end < read.start) return `set to stay, ${value === undefined ? 'gone' : 'as before'}`;
  if (value !== undefined) {
    const after = read.start - (set.end + ttl);
    if (jumped(set.start, set.end) || jumped(read.start, read.end)) return undefined;
    return after >= 0 ? `shown ${after} ms after its deadline` : true;
  }
  // Not known to be set yet.
  if (set.end >= read.start || jumped(set.start, read.end)) return undefined;
  const early = set.start + ttl - read.end;
  return early > 0 ? `gone ${early} ms before its deadline` : true;
}
