/** `npm run bench:million [pairs]`: a million pairs in the embedded store: how long a start, a dump and searches take, and how much memory the process keeps. */
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { wholeNumber } from '../test-support/argument-kinds.ts';
import { scriptArguments } from '../test-support/arguments.ts';
import { memoryOf } from '../test-support/process-memory.ts';
import { spawnService } from '../test-support/service-process/spawn.ts';
import { processorTime } from './slices/processor-time.ts';
import { spreadText } from './slices/statistics.ts';

const { pairs } = scriptArguments({ words: { pairs: wholeNumber({ default: 1_000_000, from: 1 }) } });
const perRequest = 1000;
/** What a fold lists. */
const prefixes = 100;
/** Milliseconds that the slow reader waits between two pieces. */
const pause = 5;

const directory = mkdtempSync(join(tmpdir(), 'kvstore-million-'));

interface Running {
  readonly url: string;
  readonly startTime: number;
  /** MiB of its own, now: the index is mapped, and the system may take its pages back. */
  memory(): number;
  /** Milliseconds of processor time, of all its threads. */
  processorTime(): number;
  stop(): Promise<void>;
}

async function start(): Promise<Running> {
  const began = performance.now();
  const env = { ...process.env, KV_DATA_DIR: directory, KV_PORT: '0', KV_LOG_FORMAT: 'json' };
  const { child, ended } = spawnService({ env });
  child.stderr.pipe(process.stderr);
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, url } = JSON.parse(line);
    if (msg !== 'listening') continue;
    child.stdout.resume();
    return {
      url,
      startTime: performance.now() - began,
      memory: () => Math.round(memoryOf(child.pid ?? 0, 'RssAnon')),
      processorTime: () => processorTime([child.pid ?? 0]) / 1000,
      stop: async () => {
        child.kill('SIGINT');
        await ended;
      },
    };
  }
  throw new Error('the service did not start');
}

function keyOf(i: number): string {
  const each = Math.ceil(pairs / prefixes);
  return `key-${String(Math.floor(i / each)).padStart(3, '0')}/${String(i % each).padStart(6, '0')}`;
}

async function fill(service: Running): Promise<void> {
  const began = performance.now();
  let most = 0;
  for (let i = 0; i < pairs; i += perRequest) {
    const body = Object.fromEntries(Array.from({ length: perRequest }, (_, j) => [keyOf(i + j), { n: i + j }]));
    const answer = await fetch(`${service.url}/set`, { method: 'POST', body: JSON.stringify(body) });
    if (answer.status !== 200) throw new Error(`set answered with ${answer.status}`);
    await answer.arrayBuffer();
    most = Math.max(most, service.memory());
  }
  report(`fill, ${perRequest} pairs a request`, began, `at most ${most} MiB`);
}

async function dump(service: Running, name: string, slowly: boolean): Promise<void> {
  const began = performance.now();
  const before = service.memory();
  let most = before;
  let bytes = 0;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${service.url}/`, { agent: false }, resolve).on('error', reject);
  });
  for await (const piece of answer) {
    bytes += (piece as Buffer).length;
    most = Math.max(most, service.memory());
    if (slowly) await new Promise((resolve) => setTimeout(resolve, pause));
  }
  report(name, began, `${(bytes / 2 ** 20).toFixed(1)} MiB sent, memory ${before} MiB, at most ${most} MiB`);
}

/** The same search again and again; a set before each makes it read, not remembered. */
async function search(service: Running, name: string, target: string, times: number): Promise<void> {
  const took: number[] = [];
  let used = 0;
  let found = '';
  for (let i = 0; i < times; i++) {
    await (await fetch(`${service.url}/set`, { method: 'POST', body: `{"${keyOf(0)}":${i}}` })).text();
    const before = service.processorTime();
    const began = performance.now();
    found = await (await fetch(`${service.url}${target}`)).text();
    took.push(performance.now() - began);
    used += service.processorTime() - before;
  }
  const processor = `${(used / times).toFixed(1)} ms of processor time`;
  console.log(`${name}: ${spreadText(took, 2)} ms, ${processor}, ${found.length} characters`);
}

function report(name: string, began: number, more: string): void {
  console.log(`${name}: ${((performance.now() - began) / 1000).toFixed(2)} s, ${more}`);
}

try {
  const first = await start();
  console.log(`start, empty: ${(first.startTime / 1000).toFixed(2)} s, memory ${first.memory()} MiB`);
  await fill(first);
  await first.stop();
  const second = await start();
  console.log(`start, ${pairs} pairs: ${(second.startTime / 1000).toFixed(2)} s, memory ${second.memory()} MiB`);
  await dump(second, 'dump', false);
  await dump(second, 'dump again', false);
  await dump(second, 'dump, slow reader', true);
  await search(second, `fold into ${prefixes} prefixes`, '/search?delimiter=/', 200);
  await search(second, 'the same in reverse', '/search?delimiter=/&reverse=true', 200);
  await search(second, 'the last key', '/search?prefix=&reverse=true&limit=1', 200);
  await search(second, 'count by prefix, all', '/search?prefix=key-&count=true', 5);
  await search(second, 'count by prefix, a hundredth', '/search?prefix=key-042&count=true', 50);
  await search(second, 'contains, none found', '/search?contains=none', 5);
  await search(second, 'contains, one found', '/search?contains=042/001234', 5);
  await search(second, 'dump in reverse', '/?reverse=true', 2);
  await second.stop();
} finally {
  rmSync(directory, { recursive: true });
}
