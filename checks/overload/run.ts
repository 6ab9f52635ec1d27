/** One overload: the service as it ships, 20 times what it can do, and what it is to those who need it meanwhile. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { MemoryWatch } from '../../test-support/process-memory.ts';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { exchange, now } from './exchange.ts';
import type { LoadOptions, LoadReport } from './load-report.ts';
import { normalTime, recoveryTime } from './recovery.ts';
import { filling, ordinary } from './requests.ts';
import { Steady } from './steady.ts';
import { type Summary, timesOf } from './summary.ts';

const times = 20;
/** Seconds in which the capacity is measured, and in which an ordinary client is watched before and after. */
const around = 5;
/** All of them connect in the first moments, which is the hardest part: a server takes connections one by one. */
const connections = 1000;

const script = fileURLToPath(new URL('load.ts', import.meta.url));

async function load(options: LoadOptions): Promise<LoadReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(options)]);
  return JSON.parse(stdout) as LoadReport;
}

export async function run(seconds: number): Promise<Summary> {
  await using ending = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'kvstore-overload-'));
  ending.defer(() => rm(dataDir, { recursive: true, force: true }));
  const service = await ServiceProcess.start({ dataDir });
  ending.defer(() => service.kill());
  const { port, pid } = service;
  for (const request of filling) {
    const { outcome } = await exchange(service, request, false);
    if (outcome !== 200) throw new Error(`The store cannot be filled: ${outcome}`);
  }
  const quiet = Math.min(around, seconds);
  // The first time is for compiled code.
  await load({ port, seconds: quiet / 2, connections: 20 });
  const alone = await load({ port, seconds: quiet, connections: 20 });
  const capacity = alone.answered.count / quiet;

  const agent = new Agent({ keepAlive: true });
  ending.defer(() => agent.destroy());
  const client = ending.use(new Steady(service, ordinary, 10, agent));
  const prober = ending.use(new Steady(service, [{ path: '/livez' }, { path: '/readyz' }], 100, false));
  const memory = ending.use(new MemoryWatch(pid, 'VmRSS'));
  await pause(quiet * 1000);
  const resident = memory.now();
  const start = now();
  const overload = await load({ port, seconds, rate: times * capacity, connections });
  const end = overload.lastSent;
  await pause(Math.max(0, end + quiet * 1000 - now()));
  const residentAfter = memory.now();
  await client[Symbol.asyncDispose]();
  await prober[Symbol.asyncDispose]();
  const normal = normalTime(client.between(0, start));
  return {
    ...{ seconds, capacity, overload, normal },
    client: timesOf(client.between(start, end)),
    probes: timesOf(prober.exchanges),
    memory: { before: resident, most: memory.most, after: residentAfter },
    recovery: recoveryTime(client.exchanges, end, normal),
  };
}
