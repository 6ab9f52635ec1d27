/** Which cache is judged on which workload: where a workload never asks a cache, there is nothing to compare. */
import type { CacheName } from './caches.ts';
import { type Workload, workload } from './workloads.ts';

export type StoreName = 'embedded' | 'etcd';

export interface Cell {
  readonly workload: Workload;
  readonly store: StoreName;
  readonly cache: CacheName;
}

const besideWrites = (name: string) => [`${name}-w1`, `${name}-w100`];

const embedded: Readonly<Record<CacheName, readonly string[]>> = {
  values: ['b-10k', 'b-1m', 'c-10k', 'c-1m', 'd-10k', 'd-1m', 'batch-10k'],
  searches: besideWrites('search'),
  'repeated reads': [...besideWrites('values'), ...besideWrites('lines')],
  dumps: [...besideWrites('dump'), ...besideWrites('dump-zstd')],
  forms: [...besideWrites('values-zstd'), ...besideWrites('dump-zstd')],
};

/** Every read waits for etcd, whatever is kept. */
const overEtcd: Partial<Record<CacheName, readonly string[]>> = {
  values: ['b-10k', 'c-10k', 'batch-10k'],
  searches: besideWrites('search'),
  'repeated reads': besideWrites('values'),
  dumps: besideWrites('dump'),
};

export const cells: readonly Cell[] = [...cellsOf('embedded', embedded), ...cellsOf('etcd', overEtcd)];

function cellsOf(store: StoreName, chosen: Partial<Record<CacheName, readonly string[]>>): readonly Cell[] {
  return Object.entries(chosen).flatMap(([cache, names]) =>
    names.map((name) => ({ workload: workload(name), store, cache: cache as CacheName })),
  );
}

/** `embedded values b-10k`: as the command line chooses cells, by any part of it. */
export function nameOf({ workload, store, cache }: Cell): string {
  return `${store} ${cache} ${workload.name}`;
}
