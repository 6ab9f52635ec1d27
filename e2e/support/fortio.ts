/** fortio load: 50 connections, 500 requests a second, through the Ingress. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KvStoreHandle } from './kvstore.ts';

export interface FortioReport {
  /** Answers by status; -1 stands for failed connections. */
  readonly codes: Readonly<Record<string, number>>;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/**
 * KiB of an answer that fortio can take. Beyond it, it takes what is left of an answer for the status of the next one:
 * its own 128 are less than all pairs of a test that writes for minutes.
 */
const bufferKiB = 1024;

/** `GET /` for so many seconds. Uniform: the connections send in turn, instead of all at once. */
export async function fortio(
  { url, host }: KvStoreHandle,
  seconds: number,
  { uniform = false, query = '' } = {},
): Promise<FortioReport> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-fortio-'));
  const file = join(folder, 'report.json');
  try {
    const words = [
      ...['load', '-c', '50', '-qps', '500', '-t', `${seconds}s`, '-allow-initial-errors'],
      ...['-p', '50,99,99.9', '-httpbufferkb', String(bufferKiB)],
      ...(uniform ? ['-uniform'] : []),
    ];
    const child = spawn('fortio', [...words, '-H', `Host: ${host}`, '-json', file, new URL(`/${query}`, url).href]);
    const errors: string[] = [];
    child.stderr.on('data', (text) => errors.push(String(text)));
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw new Error(`fortio ended with ${code}: ${errors.join('').slice(-2000)}`);
    return reportOf(JSON.parse(await readFile(file, 'utf8')));
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface FortioJson {
  readonly RetCodes: Record<string, number>;
  readonly DurationHistogram: {
    readonly Percentiles: readonly { readonly Percentile: number; readonly Value: number }[];
  };
}

function reportOf({ RetCodes, DurationHistogram }: FortioJson): FortioReport {
  const percentile = (wanted: number) =>
    (DurationHistogram.Percentiles.find(({ Percentile }) => Percentile === wanted)?.Value ?? Number.NaN) * 1000;
  return { codes: RetCodes, p50: percentile(50), p99: percentile(99), p999: percentile(99.9) };
}
