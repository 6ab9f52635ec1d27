/** GET /search with 11 matches, among 10,000 keys and among a million. */
import { gets } from '../../load/requests.ts';
import { groupSize, prefixOf, scattered, suffixOf } from '../data.ts';
import type { Bar, Bench, LoadedTarget, Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { names, noAnswers, ofRaw, target, threeTargets, uncached } from './against.ts';

const [few, many] = [10_000, 1_000_000];
/** Different searches, the same number among many keys as among few: else those among many would need larger caches. */
const different = Math.floor(few / groupSize);

const filters = {
  prefix: (group: number) => `/search?prefix=${prefixOf(group)}`,
  suffix: (group: number) => `/search?suffix=${suffixOf(group)}`,
} as const;

function requestsFor(filter: keyof typeof filters, pairs: number) {
  // The last group may not be full.
  const groups = Math.floor(pairs / groupSize);
  return gets(scattered(different, groups).map(filters[filter]));
}

function search(filter: keyof typeof filters): Row {
  return {
    name: `search-${filter}`,
    title: `GET /search?${filter}=, 11 of 10,000 keys`,
    async open(bench) {
      const requests = requestsFor(filter, few);
      const kvstore = await startKvstore(bench, { pairs: few });
      const targets = [...(await threeTargets(bench, kvstore, few, requests)), await uncached(bench, few, requests)];
      return { targets, bars: [ofRaw(0.6), { ...ofRaw(0.6), of: names.uncached }] };
    },
  };
}

/** Each filter among few keys and among many. */
async function bothSizes(bench: Bench, name: string, settings?: typeof noAnswers) {
  const small = await startKvstore(bench, { pairs: few, name: `small ${name}`, settings });
  const large = await startKvstore(bench, { pairs: many, name: `large ${name}`, settings });
  const targets: LoadedTarget[] = [];
  const bars: Bar[] = [];
  for (const filter of ['prefix', 'suffix'] as const) {
    const [ofFew, ofMany] = [`${name}, ${filter}`, `${name}, 1,000,000, ${filter}`];
    targets.push(target(ofFew, small, requestsFor(filter, few)), target(ofMany, large, requestsFor(filter, many)));
    bars.push({ ...ofRaw(0.6), of: ofMany }, { of: ofMany, against: ofFew, figure: 'rate', atLeast: 0.9 });
  }
  return { large, targets, bars };
}

const searchMillion: Row = {
  name: 'search-million',
  title: 'GET /search, 11 of 1,000,000 keys',
  async open(bench) {
    const kept = await bothSizes(bench, names.kvstore);
    const notKept = await bothSizes(bench, names.uncached, noAnswers);
    const raw = await startRaw(bench, kept.large, { path: filters.prefix(0) });
    return {
      targets: [target(names.raw, raw, requestsFor('prefix', few)), ...kept.targets, ...notKept.targets],
      bars: [...kept.bars, ...notKept.bars],
    };
  },
};

export const searches = [search('prefix'), search('suffix'), searchMillion];
