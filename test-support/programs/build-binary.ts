/** Builds a program from the Go module proxy into the cache folder. */
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltName, cacheFolder, versions } from './binaries.ts';

interface Source {
  /** Folder beside this file whose go.mod pins the versions. */
  readonly module: 'etcd' | 'kubernetes';
  readonly package: string;
}

const sources: Readonly<Record<BuiltName, Source>> = {
  etcd: { module: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
  etcdctl: { module: 'etcd', package: 'go.etcd.io/etcd/etcdctl/v3' },
  etcdutl: { module: 'etcd', package: 'go.etcd.io/etcd/etcdutl/v3' },
  'kube-apiserver': { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kube-apiserver' },
  kubectl: { module: 'kubernetes', package: 'k8s.io/kubernetes/cmd/kubectl' },
};

/** Resolves with the program's path. Two builds at once do no harm: each has a folder of its own and ends with a rename. */
export async function buildBinary(name: BuiltName, report: (line: string) => void): Promise<string> {
  const source = sources[name];
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, `.build-${name}-`));
  const start = performance.now();
  const seconds = () => `${Math.round((performance.now() - start) / 1000)} s`;
  const progress = setInterval(() => report(`${name}: still building after ${seconds()}`), 15_000);
  try {
    report(`${name}: building ${source.package} (a minute, for kube-apiserver about five)`);
    await copyFile(new URL(`${source.module}/go.mod`, import.meta.url), join(work, 'go.mod'));
    await go(work, ['build', '-ldflags', ldflags(source.module), '-o', join(work, name), source.package]);
    await rename(join(work, name), join(cache, name));
    report(`${name}: built in ${seconds()}`);
    return join(cache, name);
  } finally {
    clearInterval(progress);
    await rm(work, { recursive: true, force: true });
  }
}

/** Is there a Go that can build? */
export async function hasGo(): Promise<boolean> {
  return await go('.', ['version']).then(
    () => true,
    () => false,
  );
}

/** A release's build sets the version; without it the API server calls itself v0.0.0. */
function ldflags(module: Source['module']): string {
  if (module === 'etcd') return '-s -w';
  const [major, minor] = versions.kubernetes.split('.');
  const at = 'k8s.io/component-base/version';
  const version = `-X ${at}.gitVersion=v${versions.kubernetes} -X ${at}.gitMajor=${major} -X ${at}.gitMinor=${minor}`;
  return `-s -w ${version}`;
}

async function go(cwd: string, args: readonly string[]): Promise<void> {
  const env = { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false -trimpath' };
  const child = spawn('go', args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`go ${args[0]} failed: ${errors}`);
}
