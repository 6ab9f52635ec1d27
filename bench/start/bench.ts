/**
 * Processor time of a start, with the compile cache of the image and without it: of the service until it listens, of the
 * operator until it has seen the cluster, of `kv get` as a whole. Usage: npm run bench:start -- [rounds]
 */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { emptyCluster } from '../../images/empty-cluster.ts';
import { makeCompileCache, startProgram } from '../../images/make-compile-cache.ts';
import { wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { processorTime } from '../slices/processor-time.ts';
import { spreadText } from '../slices/statistics.ts';

type Env = Readonly<Record<string, string>>;

const path: Env = { PATH: process.env.PATH ?? '' };
const { rounds } = scriptArguments({ words: { rounds: wholeNumber({ default: 7, from: 1, to: 100 }) } });
const scratch = mkdtempSync(join(tmpdir(), 'kvstore-start-'));
const report = fileURLToPath(new URL('report.cjs', import.meta.url));

/** Laid out as in an image. @returns what makes Node use the cache */
async function cacheOf(part: 'service' | 'operator'): Promise<Env> {
  const image = join(scratch, part);
  mkdirSync(join(image, 'images'), { recursive: true });
  copyFileSync('images/use-compile-cache.cjs', join(image, 'images/use-compile-cache.cjs'));
  await makeCompileCache(part, join(image, 'compile-cache'));
  return { NODE_OPTIONS: `--require=${join(image, 'images/use-compile-cache.cjs')}` };
}

/** Milliseconds of processor time that a program has taken. */
const takenBy = ({ pid }: { readonly pid: number }) => processorTime([pid]) / 1000;

async function whole(args: readonly string[], { NODE_OPTIONS = '', ...env }: Env): Promise<number> {
  const child = spawn(process.execPath, args, {
    env: { ...path, ...env, NODE_OPTIONS: `${NODE_OPTIONS} --require=${report}` },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  return Number(await text(child.stdio[3] as NodeJS.ReadableStream)) / 1000;
}

const cluster = await emptyCluster();
try {
  const kubeconfig = join(scratch, 'kubeconfig');
  writeFileSync(kubeconfig, cluster.kubeconfig);
  const caches = { service: await cacheOf('service'), operator: await cacheOf('operator') };
  const results: Record<string, { without: number[]; with: number[] }> = {};
  const note = (name: string, how: 'with' | 'without', ms: number) => {
    results[name] ??= { with: [], without: [] };
    results[name][how].push(ms);
  };
  for (let round = 0; round < rounds; round++) {
    for (const how of ['without', 'with'] as const) {
      const use = (part: 'service' | 'operator'): Env => (how === 'with' ? caches[part] : {});
      const KV_DATA_DIR = join(scratch, `data-${round}-${how}`);
      const env = { ...path, KV_PORT: '0', KV_LOG_FORMAT: 'json', KV_DATA_DIR, ...use('service') };
      const service = await startProgram('service/src/main.ts', env, 'listening');
      note('service, until it listens', how, takenBy(service));
      const client = { KV_URL: String(service.line.url), ...use('service') };
      note('kv get, in all', how, await whole(['cli/src/main.ts', 'get', 'key'], client));
      await service.stop();
      const settings = {
        ...path,
        KUBECONFIG: kubeconfig,
        KVSTORE_PORT: '0',
        KVSTORE_HOST: '127.0.0.1',
        KVSTORE_POD_NAMESPACE: 'a',
      };
      const operator = await startProgram(
        'operator/src/main.ts',
        { ...settings, ...use('operator') },
        'operator started',
      );
      note('operator, until it has started', how, takenBy(operator));
      await operator.stop();
    }
  }
  console.log('| program | without, s | with, s |\n|---|---|---|');
  for (const [name, { without, with: cached }] of Object.entries(results)) {
    const cell = (values: readonly number[]) =>
      spreadText(
        values.map((ms) => ms / 1000),
        3,
      );
    console.log(`| ${name} | ${cell(without)} | ${cell(cached)} |`);
  }
} finally {
  await cluster.close();
  rmSync(scratch, { recursive: true, force: true });
}
