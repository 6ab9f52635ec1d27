/**
 * The answer cache in several sizes on zipfian reads of a million keys, and on searches among them: the share of requests
 * that it answers, which no machine changes, and the processor time of a request.
 */
import { AnswerCache, type Source } from '../../service/src/caches/answer-cache.ts';
import { repeatedPart } from '../../service/src/caches/caches.ts';
import { seededRandom } from '../../test-support/seeded-random.ts';
import { beginLoad } from '../load/load.ts';
import { cpuOf, withCpu } from '../load/measured-slice.ts';
import { inTurn, turnsIn } from '../slices/in-turn.ts';
import { groupSize, keyOf, prefixOf } from '../speed/data.ts';
import type { Rounds } from './compare.ts';
import { type Stores, serve } from './services.ts';
import { keys, prefixes, silentStore } from './sources.ts';
import { few, many, searches, workload } from './workloads.ts';
import { scrambled } from './zipfian.ts';

export interface SizeResult {
  /** As KV_ANSWER_CACHE has it. */
  readonly size: string;
  /** Parts of 1, by what is read. */
  readonly hits: Readonly<Record<string, number>>;
  /** Microseconds for a request, a round each. */
  readonly reads: readonly number[];
  readonly searches: readonly number[];
}

const sizes = ['0', '1MiB', '4MiB', '8MiB', '16MiB', '32MiB', '64MiB', '128MiB'];
/** Requests whose hits are counted, after as many that fill the cache. */
const draws = 200_000;
const connections = 50;
/** Milliseconds of a turn. */
const slice = 100;

export async function sweep(stores: Stores, rounds: Rounds): Promise<readonly SizeResult[]> {
  const directory = await stores.filled(many);
  await using services = await serve(sizes.map((size) => ({ directory, settings: { KV_ANSWER_CACHE: size } })));
  const loads = { reads: workload('c-1m').requests(), searches: searches(many) };
  const seen: Record<keyof typeof loads, number[][]> = { reads: [], searches: [] };
  for (const kind of ['reads', 'searches'] as const) {
    const requests = loads[kind];
    const sessions = await Promise.all(services.ports.map((port) => beginLoad({ port, requests, connections })));
    const candidates = sessions.map((session) => (milliseconds: number) => {
      return withCpu(services.pids, () => session.slice(milliseconds));
    });
    // What is kept grows for as many requests as it takes to fill the largest one.
    await inTurn(candidates, 1, 4000);
    for (let round = 0; round < rounds.rounds; round++) {
      const slices = await inTurn(candidates, turnsIn(rounds.seconds, slice), slice);
      seen[kind].push(slices.map(cpuOf));
    }
    for (const session of sessions) await session.end();
  }
  return sizes.map((size, i) => ({
    ...{ size, hits: hitsAt(size) },
    reads: seen.reads.map((round) => round[i] ?? Number.NaN),
    searches: seen.searches.map((round) => round[i] ?? Number.NaN),
  }));
}

function hitsAt(size: string): SizeResult['hits'] {
  const bytes = Number.parseInt(size, 10) * 1024 ** 2;
  const groups = (pairs: number) => Math.floor(pairs / groupSize);
  return {
    '10,000 keys': hitsOf(bytes, keys, few, keyOf),
    '1,000,000 keys': hitsOf(bytes, keys, many, keyOf),
    'searches among 1,000,000 keys': hitsOf(bytes, prefixes, groups(many), prefixOf),
  };
}

/** The share of requests that do not ask the source. */
function hitsOf(bytes: number, source: Source, records: number, textOf: (n: number) => string): number {
  const cache = new AnswerCache(silentStore(), bytes * (1 - repeatedPart));
  let misses = 0;
  const counted: Source = {
    by: source.by,
    answer(asked) {
      misses++;
      return source.answer(asked);
    },
  };
  const next = scrambled(records, seededRandom(9));
  for (let i = 0; i < 2 * draws; i++) {
    if (i === draws) misses = 0;
    cache.answer(counted, textOf(next()));
  }
  return 1 - misses / draws;
}
