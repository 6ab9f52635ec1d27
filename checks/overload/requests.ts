/** The pairs of the store, and what is asked of it. */
import type { Request } from './exchange.ts';

export const pairCount = 10_000;

const keyOf = (n: number) => `key-${String(n).padStart(6, '0')}`;
const value = 'a value of some twenty bytes';

function pairs(first: number, count: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [keyOf(first + i), value])));
}

export const filling: readonly Request[] = Array.from({ length: pairCount / 1000 }, (_, i) => ({
  path: '/set',
  body: pairs(i * 1000, 1000),
}));

/**
 * Each costs the service some 10 ms, and who sends it next to nothing: 20 times its capacity can be offered by one process,
 * and refusing that many still leaves time to answer.
 */
export const costly: readonly Request[] = [
  { path: `/?limit=9000&after=${keyOf(500)}` },
  { path: '/search?prefix=key-0&suffix=7&values=true' },
  { path: '/set', body: pairs(4000, 500) },
];

/** What an application asks: a pair, a pair written, a page. */
export const ordinary: readonly Request[] = [
  { path: `/get/${keyOf(1)}` },
  { path: '/set', body: pairs(1, 1) },
  { path: '/?limit=10' },
];
