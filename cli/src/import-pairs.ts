/** Writes pairs from lines, in batches that the store takes. What is written twice is the same as written once. */
import type { Client } from './client.ts';
import { CliError } from './exit-codes.ts';
import type { Line } from './lines.ts';
import { type PairRecord, parseRecord } from './record.ts';
import { ServerError } from './server-error.ts';

export interface ImportOptions {
  /** Told of a line that cannot be used. When it returns, the import goes on; when it throws, it ends. */
  readonly onBadLine: (error: LineError) => void;
  /** Called when everything up to the end of this line is written. */
  readonly onWritten: (line: Line, counts: Counts) => Promise<void>;
}

export interface Counts {
  readonly written: number;
  /** Lines whose pair had expired already. */
  readonly expired: number;
}

/** What is wrong with one line. */
export class LineError extends CliError {
  constructor(line: number, cause: unknown) {
    super(`line ${line}: ${cause instanceof Error ? cause.message : cause}`, undefined, cause);
  }
}

/** Lines that are read before they are written: what has the same expiry goes into one request. */
const windowLines = 1000;
const windowBytes = 4 * 1024 * 1024;

interface Item extends PairRecord {
  readonly line: number;
}

/**
 * @param lines each line is whole, or the last of its stream
 * @throws LineError, ServerError, ConnectionError; the lines before the one at fault are written
 */
export async function importPairs(
  client: Client,
  lines: AsyncIterable<Line>,
  { onBadLine, onWritten }: ImportOptions,
): Promise<Counts> {
  const counts = { written: 0, expired: 0 };
  const limits = { pairs: 1000, bytes: 512 * 1024 };
  let items: Item[] = [];
  let bytes = 0;
  let last: Line | undefined;
  const flush = async (): Promise<void> => {
    const now = client.options.clock.now();
    for (const [ttl, group] of groupsOf(items, now)) {
      if (ttl === expired) counts.expired += group.length;
      else counts.written += await writeGroup(client, group, ttl, limits, onBadLine);
    }
    if (last !== undefined) await onWritten(last, counts);
    items = [];
    bytes = 0;
  };
  for await (const line of lines) {
    let bad: LineError | undefined;
    if (!isBlank(line.bytes)) {
      try {
        items.push({ ...parseRecord(line.bytes), line: line.number });
      } catch (error) {
        const cut = line.whole ? '' : ' (the input ends in the middle of it)';
        bad = new LineError(line.number, `${error instanceof Error ? error.message : error}${cut}`);
      }
    }
    if (bad !== undefined) {
      // What is before it is written first, so that nothing good is lost should the import end here.
      await flush();
      onBadLine(bad);
    }
    last = line;
    bytes += line.bytes.length;
    if (items.length >= windowLines || bytes >= windowBytes) await flush();
  }
  await flush();
  return counts;
}

function isBlank(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0x0d);
}

const expired = 'expired';
type Ttl = number | 'never' | typeof expired;

/** By the seconds that are left. Of equal keys only the last line counts. */
function groupsOf(items: readonly Item[], now: number): ReadonlyMap<Ttl, Item[]> {
  const byKey = new Map<string, Item>();
  const groups = new Map<Ttl, Item[]>();
  const add = (ttl: Ttl, item: Item): void => {
    const group = groups.get(ttl);
    if (group === undefined) groups.set(ttl, [item]);
    else group.push(item);
  };
  for (const item of items) {
    if (item.expires !== undefined && item.expires <= now) add(expired, item);
    else byKey.set(item.key, item);
  }
  for (const item of byKey.values()) {
    // Rounded up: up to a second too long, never too short.
    add(item.expires === undefined ? 'never' : Math.ceil((item.expires - now) / 1000), item);
  }
  return groups;
}

interface Limits {
  pairs: number;
  bytes: number;
}

/** @param limits what the store took so far; made smaller when it refuses, for all that follows */
async function writeGroup(
  client: Client,
  group: readonly Item[],
  ttl: number | 'never',
  limits: Limits,
  onBadLine: (error: LineError) => void,
): Promise<number> {
  let written = 0;
  for (let rest = group; rest.length > 0; ) {
    const size = batchSize(rest, limits);
    const batch = rest.slice(0, size);
    try {
      await set(client, batch, ttl);
      written += size;
      rest = rest.slice(size);
    } catch (error) {
      if (!(error instanceof ServerError) || ![400, 413].includes(error.status)) throw error;
      const [first] = batch;
      if (first === undefined || size === 1) {
        onBadLine(new LineError(first?.line ?? 0, error));
        rest = rest.slice(1);
      } else if (error.status === 413) {
        if (error.code === 'too-many-pairs') limits.pairs = Math.ceil(size / 2);
        else limits.bytes = Math.ceil(bytesOf(batch) / 2);
      } else {
        // One of them is refused, and with it all: found by halving.
        const half = Math.ceil(size / 2);
        for (const part of [batch.slice(0, half), batch.slice(half)]) {
          written += await writeGroup(client, part, ttl, limits, onBadLine);
        }
        rest = rest.slice(size);
      }
    }
  }
  return written;
}

/** At least 1, however large. */
function batchSize(items: readonly Item[], { pairs, bytes }: Limits): number {
  let sum = 0;
  for (let i = 0; i < Math.min(items.length, pairs); i++) {
    sum += sizeOf(items[i]);
    if (sum > bytes) return Math.max(1, i);
  }
  return Math.min(items.length, pairs);
}

function bytesOf(items: readonly Item[]): number {
  return items.reduce((sum, item) => sum + sizeOf(item), 0);
}

function sizeOf(item: Item | undefined): number {
  return item === undefined ? 0 : member(item).length;
}

function member({ key, value }: Item): string {
  return `${JSON.stringify(key)}:${value}`;
}

async function set(client: Client, batch: readonly Item[], ttl: number | 'never'): Promise<void> {
  await client.send({
    method: 'POST',
    target: ttl === 'never' ? '/set' : `/set?ttl=${ttl}`,
    body: `{${batch.map(member).join(',')}}`,
    // The same values again: whoever writes to these keys meanwhile is overwritten in any case.
    repeatable: true,
  });
}
