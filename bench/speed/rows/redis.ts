/** Against Redis that flushes every write, behind Webdis, both on the core that the product has to itself. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { gets, posts } from '../../load/requests.ts';
import { isInstalled, startServer } from '../../pinned.ts';
import { keyOf, scattered, value } from '../data.ts';
import type { Bench, Row } from '../row.ts';
import { startKvstore } from '../servers/kvstore.ts';
import { names, target } from './against.ts';

const pairs = 10_000;
const peer = 'Redis, Webdis';
const needs = { 'redis-server': () => isInstalled('redis-server'), webdis: () => isInstalled('webdis') };
const order = scattered(pairs, pairs);

/** Redis keeps texts: what it is given is what it answers, in Webdis's JSON. */
const text: string = JSON.parse(value);
const setPath = (n: number) => `/SET/${keyOf(n)}/${encodeURIComponent(text)}`;

const redisGet: Row = {
  name: 'redis-get',
  title: 'GET /get/{key} against GET of Redis behind Webdis',
  needs,
  async open(bench) {
    const webdis = await startWebdis(bench);
    const kvstore = await startKvstore(bench, { pairs });
    return {
      targets: [
        target(names.kvstore, kvstore, gets(order.map((n) => `/get/${keyOf(n)}`))),
        target(peer, webdis, gets(order.map((n) => `/GET/${keyOf(n)}`))),
      ],
      bars: [{ of: names.kvstore, against: peer, figure: 'rate', atLeast: 1.3 }],
    };
  },
};

const redisSet: Row = {
  name: 'redis-set',
  title: 'POST /set against SET of Redis (appendfsync always) behind Webdis',
  needs,
  async open(bench) {
    const webdis = await startWebdis(bench);
    const kvstore = await startKvstore(bench, { pairs });
    const bodies = order.map((n) => `{"${keyOf(n)}":${value}}`);
    return {
      targets: [target(names.kvstore, kvstore, posts('/set', bodies)), target(peer, webdis, gets(order.map(setPath)))],
      bars: [{ of: names.kvstore, against: peer, figure: 'rate', atLeast: 1 }],
    };
  },
};

async function startWebdis({ scratch, ending }: Bench) {
  const [redisPort = 0, port = 0] = await freePorts(2);
  const directory = join(scratch, 'redis');
  await mkdir(directory, { recursive: true });
  const flush = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
  const place = ['--bind', '127.0.0.1', '--port', String(redisPort), '--dir', directory];
  const server = ending.use(
    await startServer({ command: 'redis-server', args: [...place, ...flush], port: redisPort }),
  );
  const file = join(scratch, 'webdis.json');
  const http = { http_host: '127.0.0.1', http_port: port, threads: 1, daemonize: false };
  const redis = { redis_host: '127.0.0.1', redis_port: redisPort, database: 0, pool_size: 20 };
  const log = { verbosity: 0, logfile: join(scratch, 'webdis.log') };
  await writeFile(file, JSON.stringify({ ...http, ...redis, ...log }));
  const webdis = ending.use(await startServer({ command: 'webdis', args: [file], port }));
  for (let i = 0; i < pairs; i += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, j) => fetch(webdis.url + setPath(i + j)).then((a) => a.text())));
  }
  return { port, pids: [...server.pids, ...webdis.pids] };
}

export const redis = [redisGet, redisSet];
