/**
 * `npm run schemathesis`: requests made from the API's own description (/openapi.json), good ones and bad ones, against
 * both stores; every answer must be one that is described. The seed is fixed: the same versions find the same.
 */
import { spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptArguments } from '../../test-support/arguments.ts';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { installSchemathesis } from './install.ts';

scriptArguments({});
const seed = 1;
/** Of each operation, beside those that follow from its boundaries. */
const examples = 50;
/** Milliseconds after which a run is given up: some 15 s on an idle machine. */
const runTimeout = 240_000;

/** It answers for as long as it is listened to. */
const without = ['--exclude-path=/watch'];

const config = fileURLToPath(new URL('schemathesis.toml', import.meta.url));
const hooks = fileURLToPath(new URL('hooks.py', import.meta.url));
const token = 'schemathesis';

interface Target {
  readonly name: string;
  readonly etcd: boolean;
  /** Whether the service asks for tokens. */
  readonly tokens: boolean;
}

const targets: readonly Target[] = [
  { name: 'embedded store', etcd: false, tokens: true },
  { name: 'etcd store', etcd: true, tokens: false },
];

const python = await installSchemathesis((line) => console.log(line));
for (const target of targets) {
  const code = await check(target);
  console.log(
    `Schemathesis, ${target.name}: ${code === 0 ? 'nothing found' : `failed (${code ?? 'not ended in time'})`}`,
  );
  if (code !== 0) process.exitCode = 1;
}

async function check({ name, etcd, tokens }: Target): Promise<number | null> {
  console.log(`\nSchemathesis, ${name}${tokens ? ', with tokens' : ''}`);
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-schemathesis-'));
  const cluster = etcd ? await EtcdCluster.start() : undefined;
  try {
    const file = join(folder, 'tokens');
    await writeFile(file, `rw schemathesis sha256:${hash('sha256', token)}\n`);
    const service = await ServiceProcess.start({
      endpoints: cluster?.endpoints ?? [],
      dataDir: join(folder, 'data'),
      settings: tokens ? { KV_TOKENS_FILE: file } : {},
    });
    try {
      await service.ready();
      return await schemathesis(folder, service.url, tokens ? ['--header', `Authorization: Bearer ${token}`] : []);
    } finally {
      await service.kill();
    }
  } finally {
    await cluster?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Its exit code; null: it was ended. */
async function schemathesis(cwd: string, url: string, more: readonly string[]): Promise<number | null> {
  const options = ['--checks=all', `--seed=${seed}`, `--max-examples=${examples}`, '--no-color', ...without, ...more];
  const args = ['-m', 'schemathesis.cli', '--config-file', config, 'run', `${url}/openapi.json`, ...options];
  const env = { ...process.env, SCHEMATHESIS_HOOKS: hooks, PYTHONDONTWRITEBYTECODE: '1' };
  const child = spawn(python, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'], timeout: runTimeout });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
