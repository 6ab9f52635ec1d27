/**
 * `npm run bench:layers [seconds]`: what each layer of the service takes of a request's processor time. The time is measured
 * without a profiler, in turn with node:http that sends the same bytes; a CPU profile of the same process under the same load
 * then says how it is divided.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decimal } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { beginLoad } from '../load/load.ts';
import { cpuOf, withCpu } from '../load/measured-slice.ts';
import { gets, posts, type Request } from '../load/requests.ts';
import type { Slice } from '../load/session.ts';
import { loadCore, moveToCore, startServer } from '../pinned.ts';
import { type Candidate, inTurn, turnsIn } from '../slices/in-turn.ts';
import { keyOf, prefixOf, scattered, value } from '../speed/data.ts';
import { fillDirectory } from '../speed/servers/kvstore.ts';
import { startRaw } from '../speed/servers/raw.ts';
import { layers, sharesOf } from './attribute.ts';

const { seconds } = scriptArguments({ words: { seconds: decimal({ default: 3, from: 0.2, to: 600 }) } });
const pairs = 10_000;
const connections = 50;
const warmUpAnswers = 50_000;
/** Milliseconds. */
const slice = 200;
const script = fileURLToPath(new URL('serve.ts', import.meta.url));

const numbers = scattered(1000, pairs);
const calls: Readonly<Record<string, readonly Request[]>> = {
  'GET /get/{key}': gets(numbers.map((n) => `/get/${keyOf(n)}`)),
  'GET /search, 11 keys': gets(scattered(500, 900).map((group) => `/search?prefix=${prefixOf(group)}`)),
  'POST /set': posts(
    '/set',
    numbers.map((n) => `{"${keyOf(n)}":${value}}`),
  ),
};

moveToCore(loadCore, process.pid);
const scratch = await mkdtemp(join(tmpdir(), 'kvstore-layers-'));
try {
  const directory = join(scratch, 'store');
  await fillDirectory(directory, pairs);
  const columns: Column[] = [];
  for (const requests of Object.values(calls)) columns.push(await measure(directory, requests));
  print(columns);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

interface Column {
  /** Microseconds for a request. */
  readonly raw: number;
  readonly service: number;
  readonly shares: ReadonlyMap<string, number>;
}

async function measure(directory: string, requests: readonly Request[]): Promise<Column> {
  await using ending = new AsyncDisposableStack();
  const profile = join(scratch, 'profile.json');
  rmSync(profile, { force: true });
  const [port = 0] = await freePorts(1);
  const env = { KV_DATA_DIR: directory, KV_PORT: String(port), KV_LOG_LEVEL: 'warn', PROFILE_FILE: profile };
  const server = ending.use(await startServer({ command: process.execPath, args: [script], env, port }));
  const raw = await startRaw({ scratch, ending }, server, requests[0] ?? { path: '/' });
  const sessions = await Promise.all([server, raw].map((one) => beginLoad({ port: one.port, requests, connections })));
  const [service, bare] = sessions.map((session, i) => (milliseconds: number) => {
    return withCpu([server, raw][i]?.pids ?? [], () => session.slice(milliseconds));
  });
  if (service === undefined || bare === undefined) throw new Error('Two are compared');
  await warmUp([service, bare]);
  const [own = [], others = []] = await inTurn([service, bare], turnsIn(seconds, slice), slice);
  const [pid = 0] = server.pids;
  process.kill(pid, 'SIGUSR2');
  await service(1000 * seconds);
  process.kill(pid, 'SIGUSR2');
  await waitFor('the profile is there', () => isWhole(profile));
  for (const session of sessions) {
    const { errors } = await session.end();
    if (errors > 0) throw new Error(`${errors} requests failed`);
  }
  return { raw: cpuOf(others), service: cpuOf(own), shares: sharesOf(JSON.parse(readFileSync(profile, 'utf8'))) };
}

/** Until each has answered as often as it takes to compile what it runs, however busy the machine is. */
async function warmUp(candidates: readonly Candidate<Slice>[]): Promise<void> {
  for (const candidate of candidates) {
    for (let answers = 0; answers < warmUpAnswers; ) answers += (await candidate(slice)).answers;
  }
}

function isWhole(file: string): boolean {
  return existsSync(file) && readFileSync(file, 'utf8').endsWith('}');
}

function print(columns: readonly Column[]): void {
  const names = Object.keys(calls);
  const line = (name: string, figureOf: (column: Column) => number) => {
    console.log(`| ${[name, ...columns.map((column) => figureOf(column).toFixed(1))].join(' | ')} |`);
  };
  console.log(`| us of a request | ${names.join(' | ')} |\n|---|${'---|'.repeat(names.length)}`);
  line('raw node:http with the same bytes', ({ raw }) => raw);
  line('the service', ({ service }) => service);
  for (const layer of layers) line(`- ${layer}`, ({ service, shares }) => service * (shares.get(layer) ?? 0));
}
