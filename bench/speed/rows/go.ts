/** Against the plain way to write the service in Go: a map behind a lock, on one core, nothing on a disk. */
import type { Request } from '../../load/requests.ts';
import { isInstalled, type PinnedServer } from '../../pinned.ts';
import { keyOf, prefixOf, scattered, suffixOf } from '../data.ts';
import type { Bar, Row } from '../row.ts';
import { startGo } from '../servers/go.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { startRaw } from '../servers/raw.ts';
import { connections, names, target } from './against.ts';
import { etagOf, moreHeaders, put, special, specialPairs, withHeaders } from './shapes.ts';

const pairs = 10_000;
const numbers = scattered(1000, pairs);

const plain = numbers.map((n): Request => ({ path: `/get/${keyOf(n)}` }));
const keys = numbers.map(special);

interface Asked {
  /** Of a server, which has tags of its own. */
  readonly requests: (server: PinnedServer) => readonly Request[] | Promise<readonly Request[]>;
  /** An answer that is no success is what is wanted. */
  readonly fails?: true;
}

const always = (requests: readonly Request[]): Asked => ({ requests: () => requests });

const asked: Readonly<Record<string, Asked>> = {
  get: always(plain),
  'get, escaped': always(numbers.map((n) => ({ path: `/get/${keyOf(n).replaceAll('.', '%2E')}` }))),
  'get, UTF-8 key': always(keys.map(({ utf8 }) => ({ path: `/get/${encodeURIComponent(utf8)}` }))),
  'get, key with %2F': always(keys.map(({ slash }) => ({ path: `/get/${encodeURIComponent(slash)}` }))),
  'get, If-None-Match': always(withHeaders(plain, { 'If-None-Match': '"another"' })),
  'get, 304': { requests: currentOf },
  'get, 404': { ...always(numbers.map((n) => ({ path: `/get/no-${keyOf(n)}` }))), fails: true },
  'get, ten more headers': always(withHeaders(plain, moreHeaders)),
  'get, 4 KiB': always(keys.slice(0, 100).map(({ long }) => ({ path: `/get/${long}` }))),
  'search, prefix': always(scattered(500, 900).map((group) => ({ path: `/search?prefix=${prefixOf(group)}` }))),
  'search, suffix': always(scattered(500, 900).map((group) => ({ path: `/search?suffix=${suffixOf(group)}` }))),
  dump: always([{ path: '/' }]),
};

/** Reads whose client has the value already. */
async function currentOf(server: PinnedServer): Promise<readonly Request[]> {
  const requests: Request[] = [];
  for (const { path } of plain) requests.push({ path, headers: { 'If-None-Match': await etagOf(server, path) } });
  return requests;
}

const least = (name: string) => (name === 'dump' ? 20 : name.startsWith('search') ? 5 : 1);

const more = specialPairs(numbers);
const allMore = Object.assign({}, ...more) as Readonly<Record<string, string>>;

export const go: readonly Row[] = Object.entries(asked).map(([name, { requests, fails }]) => ({
  name: `go-${name.replaceAll(/[^a-zA-Z0-9]+/g, '-')}`,
  title: `${name}: a plain Go server (net/http, map, GOMAXPROCS=1)`,
  needs: { go: () => isInstalled('go') },
  async open(bench) {
    const kvstore = await startKvstore(bench, { pairs });
    const isSingle = name.startsWith('get');
    if (isSingle) for (const each of more) await put(kvstore, each);
    const start = (withHeaders: boolean) => startGo(bench, { pairs, withHeaders, more: isSingle ? allMore : {} });
    const of = async (who: string, server: PinnedServer) =>
      target(who, server, await requests(server), connections, fails);
    const [without, sameHeaders] = ['Go', 'Go, the same headers'];
    const against = isSingle ? [without, sameHeaders] : [without];
    const [first = { path: '/' }, ...others] = await requests(kvstore);
    const targets = [await of(names.kvstore, kvstore), await of(without, await start(false))];
    if (isSingle) {
      targets.push(await of(sameHeaders, await start(true)));
      // No service on this platform is faster than this one.
      const raw = await startRaw(bench, kvstore, first, ...others);
      targets.push(target(names.rawEach, raw, [first, ...others], connections, fails));
    }
    return {
      targets,
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
