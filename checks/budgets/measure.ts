/** One kind of worst client, in rounds in turn: the others alone, then the others beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MemoryWatch } from '../../test-support/process-memory.ts';
import type { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { Bystander } from './bystander.ts';
import { probe } from './prober.ts';

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

export interface Measured {
  readonly kind: string;
  /** The others beside it, as a part of what they do alone: of each round. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  readonly alone: Part;
  /** The worst of all rounds. */
  readonly beside: Part;
  /** MiB of anonymous memory at the most. */
  readonly memory: number;
}

export interface Rounds {
  readonly rounds: number;
  /** Seconds of each part of a round. */
  readonly seconds: number;
}

const script = fileURLToPath(new URL('attack.ts', import.meta.url));
/** Milliseconds that an attack may take to begin, and between parts. */
const beginTime = 20_000;
const rest = 300;

export async function measure(service: ServiceProcess, kind: string, { rounds, seconds }: Rounds): Promise<Measured> {
  const { port, pid } = service;
  using memory = new MemoryWatch(pid, 'RssAnon');
  const alone: Part[] = [];
  const beside: Part[] = [];
  for (let i = 0; i < rounds; i++) {
    alone.push(await part(service, seconds));
    const attack = spawn(process.execPath, [script, String(port), kind], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(attack, 'exit');
    try {
      await once(attack.stdout, 'data', { signal: AbortSignal.timeout(beginTime) });
      beside.push(await part(service, seconds));
    } finally {
      attack.kill('SIGKILL');
      await ended;
    }
    await pause(rest);
  }
  const ratio = (of: 'reads' | 'writes') => beside.map((one, i) => one[of] / Math.max(1, alone[i]?.[of] ?? 0));
  return {
    ...{ kind, reads: ratio('reads'), writes: ratio('writes'), memory: memory.most },
    alone: worst(alone),
    beside: worst(beside),
  };
}

async function part({ port, pid }: ServiceProcess, seconds: number): Promise<Part> {
  const before = performance.now();
  const reader = new Bystander(port, { path: '/get/a0-x' }, 4);
  const writer = new Bystander(port, { path: '/set', body: '{"bystander":1}' }, 4);
  const ended = new AbortController();
  const probing = probe(port, pid, ended.signal);
  await pause(1000 * seconds);
  const elapsed = (performance.now() - before) / 1000;
  const [reads, writes] = [reader.answered / elapsed, writer.answered / elapsed];
  ended.abort();
  await Promise.all([reader, writer].map((one) => one[Symbol.asyncDispose]()));
  const probes = await probing;
  return {
    ...{ reads, writes },
    slowest: Math.max(...probes.map(({ took }) => took)),
    work: Math.max(...probes.map(({ work }) => work)),
    failed: probes.filter(({ ok }) => !ok).length,
  };
}

function worst(parts: readonly Part[]): Part {
  const of = (name: keyof Part) => parts.map((one) => one[name]);
  return {
    reads: Math.min(...of('reads')),
    writes: Math.min(...of('writes')),
    slowest: Math.max(...of('slowest')),
    work: Math.max(...of('work')),
    failed: of('failed').reduce((sum, count) => sum + count, 0),
  };
}
