/** Writes pairs from lines, in batches that the store takes. What is written twice is the same as written once. */
import { maxTtl } from '@kvstore/core/limits.ts';
import type { Client } from '../client/client.ts';
import type { Line } from './lines.ts';
import { parseRecord } from './record.ts';
import { type Item, LineError, writeInBatches } from './write-batches.ts';

export interface ImportOptions {
  /** Called for a line that cannot be used. When it returns, the import goes on; when it throws, it ends. */
  readonly onBadLine: (error: LineError) => void;
  /** Called when everything up to the end of this line is written. */
  readonly onWritten: (line: Line, counts: Counts) => Promise<void>;
}

export interface Counts {
  readonly written: number;
  /** Lines whose pair had expired already. */
  readonly expired: number;
}

/** Lines that are read before they are written: what has the same expiry goes into one request. */
const windowLines = 1000;
const windowBytes = 4 * 1024 * 1024;

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
    const refused: LineError[] = [];
    for (const [ttl, group] of groupsOf(items, now)) {
      if (ttl === expired) counts.expired += group.length;
      else counts.written += await writeInBatches(client, group, ttl, limits, (error) => refused.push(error));
    }
    // Only now: a line before the refused one may have been in a later request.
    for (const error of refused) onBadLine(error);
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
    // Rounded up: up to a second too long, never too short. A clock that is behind must not make it more than a store takes.
    add(item.expires === undefined ? 'never' : Math.min(maxTtl, Math.ceil((item.expires - now) / 1000)), item);
  }
  return groups;
}
