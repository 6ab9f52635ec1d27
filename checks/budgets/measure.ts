/** One kind of worst client, in rounds in turn: the others alone, then the others beside it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { MemoryWatch } from '../../test-support/process-memory.ts';
import { quantile } from '../../test-support/quantile.ts';
import type { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { Steady } from '../overload/steady.ts';
import { Bystander } from './bystander.ts';

export interface Part {
  /** Answers of 200 a second. */
  readonly reads: number;
  readonly writes: number;
  /** Of the slowest probe, in milliseconds, and of the one that 99 in 100 are faster than. */
  readonly slowest: number;
  readonly p99: number;
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
    alone.push(await part(port, seconds));
    const attack = spawn(process.execPath, [script, String(port), kind], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(attack, 'exit');
    try {
      await once(attack.stdout, 'data', { signal: AbortSignal.timeout(beginTime) });
      beside.push(await part(port, seconds));
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

async function part(port: number, seconds: number): Promise<Part> {
  const began = performance.now();
  const reader = new Bystander(port, { path: '/get/a0-x' }, 4);
  const writer = new Bystander(port, { path: '/set', body: '{"bystander":1}' }, 4);
  const prober = new Steady(port, [{ path: '/livez' }, { path: '/readyz' }], 20, false);
  await pause(1000 * seconds);
  const elapsed = (performance.now() - began) / 1000;
  const [reads, writes] = [reader.answered / elapsed, writer.answered / elapsed];
  await Promise.all([reader, writer, prober].map((one) => one[Symbol.asyncDispose]()));
  const times = prober.exchanges.map(({ took }) => took);
  return {
    ...{ reads, writes },
    slowest: Math.max(...times),
    p99: quantile(times, 0.99) ?? 0,
    failed: prober.exchanges.filter(({ outcome }) => outcome !== 200).length,
  };
}

function worst(parts: readonly Part[]): Part {
  const of = (name: keyof Part) => parts.map((one) => one[name]);
  return {
    reads: Math.min(...of('reads')),
    writes: Math.min(...of('writes')),
    slowest: Math.max(...of('slowest')),
    p99: Math.max(...of('p99')),
    failed: of('failed').reduce((sum, count) => sum + count, 0),
  };
}
