/** Targets that are loaded over HTTP, and the bar most rows have. */

import { withCpu } from '../cpu.ts';
import { load } from '../load/load.ts';
import type { Request } from '../load/requests.ts';
import type { Bar, Bench, Target } from '../row.ts';

export const names = {
  kvstore: 'kvstore',
  raw: 'raw node:http',
  plain: 'Koa, router, Map',
} as const;

export const connections = 50;

export function target(
  bench: Bench,
  name: string,
  server: { readonly port: number; readonly pids: readonly number[] },
  requests: readonly Request[],
  callers = connections,
): Target {
  const { scratch } = bench;
  return {
    name,
    measure: (seconds) =>
      withCpu(server.pids, seconds, () =>
        load({ port: server.port, requests, connections: callers, seconds, scratch }),
      ),
  };
}

/** Answers a second, as a part of what node:http alone sends. */
export function ofRaw(atLeast: number): Bar {
  return { of: names.kvstore, against: names.raw, figure: 'rate', atLeast };
}
