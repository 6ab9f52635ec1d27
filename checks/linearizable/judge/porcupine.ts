/** Porcupine, an independent checker (built with Go), judges a history. */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import type { Operation } from '../history/operation.ts';
import { absent, gone } from '../history/registers.ts';
import { seenValues } from './chains.ts';

/** `linearizable`, or what is wrong; then the file that it judged stays, and is named. */
export async function porcupine(history: readonly Operation[]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kvstore-history-'));
  let keep = true;
  try {
    const file = join(directory, 'history.jsonl');
    await pipeline(Readable.from(lines(history)), createWriteStream(file));
    const cwd = new URL('porcupine/', import.meta.url);
    const { stdout } = await promisify(execFile)('go', ['run', '.', file], { cwd, maxBuffer: 1 << 24 });
    const verdict = stdout.trim();
    keep = verdict !== 'linearizable';
    return keep ? `${verdict}\n  history: ${file}` : verdict;
  } finally {
    if (!keep) await rm(directory, { recursive: true, force: true });
  }
}

function* lines(history: readonly Operation[]): Iterable<string> {
  let text = '';
  for (const operations of Map.groupBy(history, ({ register }) => register).values()) {
    for (const { client, kind, register, value, replaces, start, end } of relevant(operations)) {
      // JSON has no Infinity: a negative end stands for it.
      const times = { start, end: end === Number.POSITIVE_INFINITY ? -1 : end };
      // A deletion that may never have happened must fit everywhere.
      const certain = end !== Number.POSITIVE_INFINITY || value !== gone;
      const before = replaces === undefined || !certain ? {} : { replaces: stateOf(replaces.value) };
      text += `${JSON.stringify({ client, kind, register, value: stateOf(value), ...before, ...times })}\n`;
    }
    if (text.length < 1 << 20) continue;
    yield text;
    text = '';
  }
  yield text;
}

/** Nothing is nothing, whether before the first write or after a deletion. */
function stateOf(value: string | undefined): string {
  return value === undefined || value === gone || value === absent ? '' : value;
}

/**
 * A register's operations without the writes of unknown outcome whose value no operation knows of: they may never have
 * happened, and each one doubles what Porcupine has to look at. They can explain one thing, that a condition did not
 * hold, so refusals behind them are left to the own checker.
 */
function relevant(operations: readonly Operation[]): readonly Operation[] {
  const seen = seenValues(operations);
  const unseen = operations.filter(
    ({ kind, value, end }) =>
      kind === 'write' && end === Number.POSITIVE_INFINITY && value !== gone && !seen.has(value),
  );
  if (unseen.length === 0) return operations;
  const from = Math.min(...unseen.map(({ start }) => start));
  const without = new Set(unseen);
  return operations.filter((one) => !without.has(one) && !(one.kind === 'refused' && one.end >= from));
}
