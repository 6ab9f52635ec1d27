/** Everything that a store shows at one revision, and whether a copy of it is the same. */
import { exchange } from '../clients/call.ts';

export interface Held {
  /** JSON text. */
  readonly value: string;
  /** Unix milliseconds; undefined: it stays; `unknown`: the answer did not say. */
  readonly expires: number | 'unknown' | undefined;
}

export interface View {
  readonly tag: string;
  readonly timeline: string;
  readonly revision: number;
  /** What expires until then is hidden already: Unix milliseconds. */
  readonly expired: number | undefined;
  readonly pairs: ReadonlyMap<string, Held>;
}

export const forms = ['object', 'lines', 'search'] as const;

/** Keys that may expire: a copy may have missed that one was set, when it had expired by then. */
export const mayExpire = (key: string) => /^(hot-)?(brief|expiring)-/.test(key);

const tagPattern = /^"([0-9a-z]{8})-(\d+)(?:\+(\d+))?(?:-lines)?(?:-gzip)?"$/;

/** Undefined: it was not answered. Throws when the answer is none that a copy can begin with. */
export async function readView(url: string, prefix: string, form: (typeof forms)[number]): Promise<View | undefined> {
  const query = prefix === '' && form !== 'search' ? '' : `?prefix=${encodeURIComponent(prefix)}`;
  const target = form === 'search' ? `/search${query === '' ? '?prefix=' : query}&values=true` : `/${query}`;
  const headers: Record<string, string> = form === 'lines' ? { Accept: 'application/x-ndjson' } : {};
  const { status, headers: got, text } = await exchange(`${url}${target}`, { headers });
  if (status !== 200) return undefined;
  const [, timeline = '', revision, expired] = tagPattern.exec(got.etag ?? '') ?? [];
  if (revision === undefined) throw new ViewError(`GET ${target} came with ${got.etag ?? 'no entity tag'}`);
  let pairs: Map<string, Held>;
  try {
    pairs = form === 'lines' ? pairsOfLines(text) : pairsOfObject(text);
  } catch (cause) {
    throw new ViewError(`GET ${target} is not JSON`, { cause });
  }
  const until = expired === undefined ? undefined : Number(expired);
  return { tag: got.etag ?? '', timeline, revision: Number(revision), expired: until, pairs };
}

export class ViewError extends Error {}

function pairsOfLines(text: string): Map<string, Held> {
  const pairs = new Map<string, Held>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const { key, value, expires } = JSON.parse(line) as { key: string; value: unknown; expires?: number };
    pairs.set(key, { value: JSON.stringify(value), expires });
  }
  return pairs;
}

function pairsOfObject(text: string): Map<string, Held> {
  const pairs = new Map<string, Held>();
  for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
    pairs.set(key, { value: JSON.stringify(value), expires: mayExpire(key) ? 'unknown' : undefined });
  }
  return pairs;
}

/** How the copy differs from the view, one text for each key. */
export function differences(copy: ReadonlyMap<string, Held>, { pairs, expired, revision }: View): string[] {
  const found: string[] = [];
  for (const [key, { value, expires }] of copy) {
    const shown = pairs.get(key)?.value;
    if (shown === value) continue;
    const hidden = expires === 'unknown' || (expires !== undefined && expired !== undefined && expires <= expired);
    if (shown === undefined && hidden) continue;
    found.push(`${key} at revision ${revision}: the copy has ${brief(value)}, the store ${brief(shown)}`);
  }
  for (const [key, { value }] of pairs) {
    if (copy.has(key) || mayExpire(key)) continue;
    found.push(`${key} at revision ${revision}: the copy has nothing, the store ${brief(value)}`);
  }
  return found;
}

function brief(value: string | undefined): string {
  return value === undefined ? 'nothing' : value.slice(0, 40);
}
