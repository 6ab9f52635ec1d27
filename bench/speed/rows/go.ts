/** Against the plain way to write the service in Go: a map behind a lock, on one core, nothing on a disk. */
import type { Request } from '../../load/requests.ts';
import { isInstalled, type PinnedServer } from '../../pinned.ts';
import { keyOf, prefixOf, scattered, suffixOf } from '../data.ts';
import type { Bar, Row } from '../row.ts';
import { startGo } from '../servers/go.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { connections, names, target } from './against.ts';

const pairs = 10_000;
const numbers = scattered(1000, pairs);

const paths: Readonly<Record<string, { readonly requests: readonly Request[]; readonly fails?: true }>> = {
  get: { requests: numbers.map((n) => ({ path: `/get/${keyOf(n)}` })) },
  'get, escaped': { requests: numbers.map((n) => ({ path: `/get/${keyOf(n).replaceAll('.', '%2E')}` })) },
  'get, If-None-Match': {
    requests: numbers.map((n) => ({ path: `/get/${keyOf(n)}`, headers: { 'If-None-Match': '"another"' } })),
  },
  'get, 404': { requests: numbers.map((n) => ({ path: `/get/no-${keyOf(n)}` })), fails: true },
  'search, prefix': { requests: scattered(500, 900).map((group) => ({ path: `/search?prefix=${prefixOf(group)}` })) },
  'search, suffix': { requests: scattered(500, 900).map((group) => ({ path: `/search?suffix=${suffixOf(group)}` })) },
  dump: { requests: [{ path: '/' }] },
};

const least = (name: string) => (name === 'dump' ? 20 : name.startsWith('search') ? 5 : 1);

export const go: readonly Row[] = Object.entries(paths).map(([name, { requests, fails }]) => ({
  name: `go-${name.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`,
  title: `${name}: a plain Go server (net/http, map, GOMAXPROCS=1)`,
  needs: { go: () => isInstalled('go') },
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const of = (who: string, server: PinnedServer) => target(who, server, requests, connections, fails);
    const [plain, sameHeaders] = ['Go', 'Go, the same headers'];
    const isSingle = name.startsWith('get');
    const against = isSingle ? [plain, sameHeaders] : [plain];
    const [first = { path: '/' }, ...others] = requests;
    return {
      targets: [
        of(names.kvstore, kvstore),
        of(plain, await startGo(bench, pairs)),
        ...(isSingle ? [of(sameHeaders, await startGo(bench, pairs, true))] : []),
        // No service on this platform is faster than this one.
        ...(isSingle ? [of(names.rawEach, await startRaw(bench, kvstore, first, ...others))] : []),
      ],
      bars: [
        ...against.map((who): Bar => ({ of: names.kvstore, against: who, figure: 'rate', atLeast: least(name) })),
        ...(isSingle
          ? against.map((who): Bar => ({ of: names.rawEach, against: who, figure: 'rate', atLeast: 1 }))
          : []),
      ],
      ...(name === 'dump' ? { slice: 250 } : {}),
    };
  },
}));
