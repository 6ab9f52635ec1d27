/** Targets that are loaded over HTTP, and the bar most rows have. */
import { beginLoad } from '../../load/load.ts';
import type { Request } from '../../load/requests.ts';
import type { PinnedServer } from '../../pinned.ts';
import type { Bar, Bench, LoadedTarget } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startPlain } from '../servers/plain.ts';
import { startRaw } from '../servers/raw.ts';

export const names = {
  kvstore: 'kvstore',
  raw: 'raw node:http',
  rawEach: 'raw node:http, each its own answer',
  plain: 'Koa, router, Map',
  uncached: 'kvstore, KV_ANSWER_CACHE=0',
} as const;

export const connections = 50;

export function target(
  name: string,
  { port, pids }: { readonly port: number; readonly pids: readonly number[] },
  requests: readonly Request[],
  callers = connections,
  anyStatus = false,
): LoadedTarget {
  return { name, pids, begin: () => beginLoad({ port, requests, connections: callers, anyStatus }) };
}

/** Answers a second, as a part of what node:http alone sends. */
export function ofRaw(atLeast: number): Bar {
  return { of: names.kvstore, against: names.raw, figure: 'rate', atLeast };
}

/** The service, which has so many pairs, node:http that sends what it answers to the first request, and the plain way. */
export async function threeTargets(
  bench: Bench,
  kvstore: PinnedServer,
  pairs: number,
  requests: readonly Request[],
): Promise<LoadedTarget[]> {
  const raw = await startRaw(bench, kvstore, requests[0] ?? { path: '/' });
  const plain = await startPlain(bench, pairs);
  return [
    target(names.kvstore, kvstore, requests),
    target(names.raw, raw, requests),
    target(names.plain, plain, requests),
  ];
}

/** The settings of a service that keeps no answer. */
export const noAnswers = { KV_ANSWER_CACHE: '0' };

/** The service as it is when nothing that it is asked was asked before. */
export async function uncached(bench: Bench, pairs: number, requests: readonly Request[]): Promise<LoadedTarget> {
  const server = await startKvstore(bench, { pairs, name: 'uncached', settings: noAnswers });
  return target(names.uncached, server, requests);
}
