/** Where the samples of a CPU profile fall: on the service's layers, on packages, on Node. */
import type { Profiler } from 'node:inspector';

/** The layers in the order that a request goes through them, and the folders of service/src that make them. */
const folders: Readonly<Record<string, readonly string[]>> = {
  'gate: connections, order, admission': ['server'],
  'Koa, router': ['app'],
  'parsing the request': ['requests', 'auth'],
  'operation, caches': ['operations', 'caches'],
  store: ['store'],
  answer: ['answers'],
  'metrics, traces, audit': ['telemetry', 'audit'],
};

const packages: Readonly<Record<string, string>> = {
  koa: 'Koa, router',
  '@koa/router': 'Koa, router',
  lmdb: 'store',
  'prom-client': 'metrics, traces, audit',
};

export const node = 'node:http and the rest of Node';
export const native = 'system calls and other native code';
export const collector = 'garbage collector';
const idle = new Set(['(idle)', '(root)']);

/** In this order. */
export const layers: readonly string[] = [node, native, collector, ...Object.keys(folders), 'other'];

/** Each layer's share of all samples that were not idle; their sum is 1. */
export function sharesOf({ nodes, samples = [] }: Profiler.Profile): ReadonlyMap<string, number> {
  const layerOf = layersOfNodes(nodes);
  const counts = new Map<string, number>();
  let all = 0;
  for (const id of samples) {
    const layer = layerOf.get(id);
    if (layer === undefined) continue;
    all++;
    counts.set(layer, (counts.get(layer) ?? 0) + 1);
  }
  return new Map([...counts].map(([layer, count]) => [layer, count / all]));
}

/** Of those that are not idle. */
function layersOfNodes(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, string> {
  const layerOf = new Map<number, string>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url } = callFrame;
    if (idle.has(functionName)) continue;
    layerOf.set(id, functionName === '(garbage collector)' ? collector : layerOfFile(url));
  }
  return layerOf;
}

/** Without a file it is a native function, or V8 itself. */
function layerOfFile(url: string): string {
  if (url === '') return native;
  if (url.startsWith('node:')) return node;
  const [, name = ''] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
  if (name !== '' && !name.startsWith('@kvstore/')) return packages[name] ?? 'other';
  const [, folder = ''] = /\/service\/src\/([^/]+)\//.exec(url) ?? [];
  const found = Object.entries(folders).find(([, own]) => own.includes(folder));
  return found?.[0] ?? 'other';
}
