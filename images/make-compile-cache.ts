/**
 * Makes the compile cache of an image: runs the programs that the image is for, as they are run later, and keeps what Node
 * compiled of them (docs/adr/0241). Node knows files by their paths: run it where the image has them.
 * Usage: node images/make-compile-cache.ts service|operator FOLDER
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { emptyCluster } from './empty-cluster.ts';

/** Milliseconds for a program to start, and for it to end. */
const programTimeout = 60_000;

type Env = Readonly<Record<string, string>>;

interface Started {
  readonly pid: number;
  /** What the line said that was waited for. */
  readonly line: Readonly<Record<string, unknown>>;
  /** Ends it as Ctrl-C does: Node writes the cache at an end in order. */
  stop(): Promise<void>;
}

/** @param said what the line of the log says that is waited for. Throws when the program ends before, or with a fault. */
export async function startProgram(program: string, env: Env, said: string): Promise<Started> {
  const child = spawn(process.execPath, [program], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 2 * programTimeout,
  });
  const ended = once(child, 'exit');
  const line = await Promise.race([firstLine(child, said), ended.then(([code]) => failed(program, code))]);
  return {
    pid: child.pid ?? 0,
    line,
    async stop() {
      child.kill('SIGINT');
      const [code] = await ended;
      if (code !== 0) failed(program, code);
    },
  };
}

function failed(program: string, code: unknown): never {
  throw new Error(`${program} ended with ${code}.`);
}

async function firstLine({ stdout }: ChildProcess, said: string): Promise<Record<string, unknown>> {
  if (stdout === null) throw new Error('There is no output.');
  for await (const text of createInterface({ input: stdout })) {
    const line = JSON.parse(text);
    if (line.msg !== said) continue;
    stdout.resume();
    return line;
  }
  throw new Error(`There is no line that says "${said}".`);
}

async function ready(url: string): Promise<void> {
  const deadline = Date.now() + programTimeout;
  while (!(await fetch(`${url}/readyz`)).ok) {
    if (Date.now() > deadline) throw new Error(`The service at ${url} is not ready.`);
    await setTimeout(100);
  }
}

/** The programs of each image, in the order in which they are run: Node keeps of a file what the first one compiled. */
const programs = {
  async service(folder: string, common: Env): Promise<void> {
    const env = { ...common, KV_PORT: '0', KV_LOG_FORMAT: 'json', KV_DATA_DIR: join(folder, 'data') };
    const service = await startProgram('service/src/main.ts', { ...env, KV_WARM_UP: '2s' }, 'listening');
    const url = String(service.line.url);
    // Of what the warm-up calls, too, there is something to keep.
    await ready(url);
    for (const args of [['set', 'key', '1'], ['get', 'key'], ['search', '--prefix', 'key'], ['status'], ['export']]) {
      execFileSync(process.execPath, ['cli/src/main.ts', ...args], {
        env: { ...common, KV_URL: url },
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: programTimeout,
      });
    }
    const { port } = new URL(url);
    execFileSync(process.execPath, ['service/src/health-check.ts'], { env: { ...common, KV_PORT: port } });
    await service.stop();
    // Loaded only when they are used: what talks to etcd, and tracing. There is neither here.
    const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
    const etcd = { KV_ETCD_ENDPOINTS: 'http://127.0.0.1:1', KV_DATA_DIR: join(folder, 'index') };
    await (await startProgram('service/src/main.ts', { ...env, ...etcd, ...traced }, 'listening')).stop();
  },
  async operator(folder: string, common: Env): Promise<void> {
    const cluster = await emptyCluster();
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, cluster.kubeconfig);
    const env = {
      ...common,
      KUBECONFIG: kubeconfig,
      KVSTORE_PORT: '0',
      KVSTORE_HOST: '127.0.0.1',
      KVSTORE_POD_NAMESPACE: 'default',
    };
    await (await startProgram('operator/src/main.ts', env, 'operator started')).stop();
    await cluster.close();
  },
} as const;

/** @param to is made; any user may read what is in it */
export async function makeCompileCache(part: keyof typeof programs, to: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'compile-cache-'));
  try {
    await programs[part](folder, { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(folder, 'cache') });
    const [made] = readdirSync(join(folder, 'cache'));
    if (made === undefined) throw new Error('Node wrote no compile cache.');
    // Node makes its folder and files for their user alone.
    cpSync(join(folder, 'cache', made), to, { recursive: true });
    chmodSync(to, 0o755);
    const files = readdirSync(to);
    for (const name of files) chmodSync(join(to, name), 0o644);
    return files.length;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [part, to, ...more] = process.argv.slice(2);
  if ((part !== 'service' && part !== 'operator') || to === undefined || more.length > 0) {
    throw new Error('Usage: make-compile-cache.ts service|operator FOLDER');
  }
  process.stdout.write(`${await makeCompileCache(part, to)} files in ${to}\n`);
}
