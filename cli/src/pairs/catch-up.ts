/** What a watch does when the store's history has a gap: it reads everything, and goes on from there. */
import type { Client } from '../client/client.ts';
import { withRetries } from '../client/retry.ts';
import { openLines, pairLines } from './export-pairs.ts';
import { timelineOf, versionOf } from './pair-text.ts';
import { parseRecord } from './record.ts';

export interface CatchUpOptions {
  readonly prefix: string | undefined;
  readonly suffix: string | undefined;
  /** The last id that was taken. */
  readonly after: string;
  /** Keys that were taken of its revision, when that is not complete. */
  readonly takenKeys: ReadonlySet<string>;
  readonly take: (line: string) => Promise<void>;
}

/**
 * Takes each pair that was written behind `after`: of another timeline, every pair. What was deleted meanwhile cannot be
 * known. @returns the id to go on from @throws ServerError, ConnectionError
 */
export async function catchUp(client: Client, options: CatchUpOptions): Promise<string> {
  /** By key, the revision that was taken: a read that breaks begins again, and takes nothing twice. */
  const taken = new Map([...options.takenKeys].map((key) => [key, revisionOf(options.after) + 1]));
  return withRetries((renew) => readAll(client, options, taken, renew), { repeatable: true }, client.options);
}

async function readAll(
  client: Client,
  { prefix, suffix, after, take }: CatchUpOptions,
  taken: Map<string, number>,
  onProgress: () => void,
): Promise<string> {
  const response = await openLines(client, { prefix });
  const reached = versionOf(response.headers) ?? '';
  const isSameTimeline = timelineOf(reached) === timelineOf(after);
  for await (const { bytes } of pairLines(response, client)) {
    const { key, revision = Number.POSITIVE_INFINITY } = parseRecord(bytes);
    if (suffix !== undefined && !key.endsWith(suffix)) continue;
    if (isSameTimeline && revision <= revisionOf(after)) continue;
    if (taken.get(key) === revision) continue;
    taken.set(key, revision);
    onProgress();
    await take(bytes.toString());
  }
  return reached;
}

/** The last revision of which everything was taken. */
function revisionOf(id: string): number {
  const [, revision = '0', index] = /-(\d+)(\.\d+)?/.exec(id) ?? [];
  return index === undefined ? Number(revision) : Number(revision) - 1;
}
