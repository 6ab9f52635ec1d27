/** One kind of worst client, in rounds in turn: the others alone, then the others beside it. */
import { setTimeout as pause } from 'node:timers/promises';
import { MemoryWatch } from '../../test-support/process-memory.ts';
import type { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { Bystander } from './bystander.ts';
import { probe } from './prober.ts';
import { processorTime } from './processor-time.ts';
import { startAttack } from './start-attack.ts';

export interface Part {
  /** Answers of 200 a second. */
  readonly reads: number;
  readonly writes: number;
  /** Of the slowest probe: milliseconds, and those of them in which the service worked. */
  readonly slowest: number;
  readonly work: number;
  /** Probes that were not answered with 200. */
  readonly failed: number;
}

/** What was measured of each round, in their order. */
export interface Measured {
  readonly kind: string;
  readonly alone: readonly Part[];
  readonly beside: readonly Part[];
  /** MiB of anonymous memory at the most. */
  readonly memory: number;
}

export interface Rounds {
  readonly rounds: number;
  /** Seconds of each part of a round. */
  readonly seconds: number;
}

/** The service rests when it works for less than a tenth of so many milliseconds; how long that may take. */
const restTime = 200;
const mostRestTime = 20_000;

export async function measure(service: ServiceProcess, kind: string, { rounds, seconds }: Rounds): Promise<Measured> {
  const { pid } = service;
  using memory = new MemoryWatch(pid, 'RssAnon');
  const alone: Part[] = [];
  const beside: Part[] = [];
  for (let i = 0; i < rounds; i++) {
    // What an attack has left would slow down those who are to be alone.
    await resting(pid);
    alone.push(await part(service, seconds));
    const end = await startAttack(service, kind);
    const leave = async () => {
      await end();
      await resting(pid);
    };
    try {
      // That all its clients leave at once is a part of it.
      beside.push(await part(service, seconds, leave));
    } finally {
      await leave();
    }
  }
  return { kind, alone, beside, memory: memory.most };
}

async function resting(pid: number): Promise<void> {
  const deadline = performance.now() + mostRestTime;
  for (let before = processorTime(pid); performance.now() < deadline; ) {
    await pause(restTime);
    const now = processorTime(pid);
    if (now - before < restTime / 10) return;
    before = now;
  }
}

/** `leave`: what comes when the rates have been measured, while probes are still sent. */
async function part(service: ServiceProcess, seconds: number, leave?: () => Promise<void>): Promise<Part> {
  const before = performance.now();
  const reader = new Bystander(service, () => ({ path: '/get/a0-x' }), 4);
  const writer = new Bystander(service, () => ({ path: '/set', body: '{"bystander":1}' }), 4);
  const ended = new AbortController();
  const probing = probe(service.port, service.pid, ended.signal);
  await pause(1000 * seconds);
  const elapsed = (performance.now() - before) / 1000;
  const [reads, writes] = [reader.answered / elapsed, writer.answered / elapsed];
  await Promise.all([reader, writer].map((one) => one[Symbol.asyncDispose]()));
  await leave?.();
  ended.abort();
  const probes = await probing;
  return {
    ...{ reads, writes },
    slowest: Math.max(...probes.map(({ took }) => took)),
    work: Math.max(...probes.map(({ work }) => work)),
    failed: probes.filter(({ ok }) => !ok).length,
  };
}
