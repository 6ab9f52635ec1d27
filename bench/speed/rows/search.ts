/** GET /search with 11 matches, among 10,000 keys and among a million. */

import { gets } from '../../load/requests.ts';
import { groupSize, prefixOf, scattered, suffixOf } from '../data.ts';
import type { Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { names, ofRaw, target, threeTargets, uncached } from './against.ts';

const [few, many] = [10_000, 1_000_000];

const filters = {
  prefix: (group: number) => `/search?prefix=${prefixOf(group)}`,
  suffix: (group: number) => `/search?suffix=${suffixOf(group)}`,
} as const;

function requestsFor(filter: keyof typeof filters, pairs: number) {
  // The last group may not be full.
  const groups = Math.floor(pairs / groupSize);
  return gets(scattered(Math.min(10_000, groups), groups).map(filters[filter]));
}

function search(filter: keyof typeof filters): Row {
  return {
    name: `search-${filter}`,
    title: `GET /search?${filter}=, 11 of 10,000 keys`,
    async open(bench) {
      const requests = requestsFor(filter, few);
      const targets = [...(await threeTargets(bench, few, requests)), await uncached(bench, few, requests)];
      return { targets, bars: [ofRaw(0.6), { ...ofRaw(0.6), of: names.uncached }] };
    },
  };
}

const million = `${names.kvstore}, 1,000,000`;
const prefix = ', prefix';
const suffix = ', suffix';

const searchMillion: Row = {
  name: 'search-million',
  title: 'GET /search, 11 of 1,000,000 keys',
  async open(bench) {
    const small = await startKvstore(bench, { pairs: few, name: 'small' });
    const large = await startKvstore(bench, { pairs: many, name: 'large' });
    const raw = await startRaw(bench, large, { path: filters.prefix(0) });
    return {
      targets: [
        target(names.raw, raw, requestsFor('prefix', few)),
        target(names.kvstore + prefix, small, requestsFor('prefix', few)),
        target(million + prefix, large, requestsFor('prefix', many)),
        target(names.kvstore + suffix, small, requestsFor('suffix', few)),
        target(million + suffix, large, requestsFor('suffix', many)),
      ],
      bars: [prefix, suffix].flatMap((filter) => [
        { ...ofRaw(0.6), of: million + filter },
        { of: million + filter, against: names.kvstore + filter, figure: 'rate', atLeast: 0.9 },
      ]),
    };
  },
};

export const searches = [search('prefix'), search('suffix'), searchMillion];
