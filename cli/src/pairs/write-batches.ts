/** Requests of as many pairs as the store takes. */
import type { Client } from '../client/client.ts';
import { ServerError } from '../client/server-error.ts';
import { isObject } from '../client/shapes.ts';
import { CliError } from '../exit-codes.ts';
import type { PairRecord } from './record.ts';

/** What is wrong with one line. */
export class LineError extends CliError {
  constructor(line: number, cause: unknown) {
    super(`line ${line}: ${cause instanceof Error ? cause.message : cause}`, undefined, cause);
  }
}

export interface Item extends PairRecord {
  readonly line: number;
}

/** What the store took so far; made smaller when it refuses. */
export interface Limits {
  pairs: number;
  bytes: number;
}

/**
 * Writes pairs that share their expiry.
 * @param onRefused called for each pair that fits in no request, or that the store refuses; the others are written
 * @returns how many were written
 * @throws ServerError, ConnectionError
 */
export async function writeInBatches(
  client: Client,
  group: readonly Item[],
  ttl: number | 'never',
  limits: Limits,
  onRefused: (error: LineError) => void,
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
        onRefused(new LineError(first?.line ?? 0, error));
        rest = rest.slice(1);
      } else if (error.status === 413) {
        if (error.code === 'too-many-pairs') limits.pairs = Math.ceil(size / 2);
        else limits.bytes = Math.ceil(bytesOf(batch) / 2);
      } else {
        // One of them is refused, and with it all: found by halving.
        const half = Math.ceil(size / 2);
        for (const part of [batch.slice(0, half), batch.slice(half)]) {
          written += await writeInBatches(client, part, ttl, limits, onRefused);
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
    shape: isObject,
    // The same values again: a concurrent write to these keys is overwritten in any case.
    repeatable: true,
  });
}
