/**
 * Where the real programs that tests start come from: KUBEBUILDER_ASSETS (the variable envtest uses), the PATH, and a
 * cache folder that prepare.ts builds them into.
 */
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

export const binaryNames = ['etcd', 'etcdctl', 'etcdutl', 'kube-apiserver', 'kubectl'] as const;
/** Come from the system's packages (prometheus, openssl, chromium, wrk, Go, Python); never built here. */
export const packagedNames = [
  'prometheus',
  'promtool',
  'openssl',
  'chromium',
  'wrk',
  'go',
  'python3',
  'java',
  'mvn',
] as const;
/** Come from the system's packages too; where they are missing, their tests are left out, also in continuous integration. */
export const optionalNames = ['prometheus-alertmanager'] as const;
export type BuiltName = (typeof binaryNames)[number];
export type BinaryName = BuiltName | (typeof packagedNames)[number] | (typeof optionalNames)[number];

export const versions = { etcd: '3.6.16', kubernetes: '1.36.3' } as const;

/** Changes with the versions, so that old programs are never taken for new ones. */
export function cacheFolder(): string {
  const root = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(root, 'kvstore', `etcd-${versions.etcd}-kubernetes-${versions.kubernetes}`);
}

/** The path of an executable program, or undefined when there is none. */
export function findBinary(name: BinaryName): string | undefined {
  const folders = [process.env.KUBEBUILDER_ASSETS, ...(process.env.PATH ?? '').split(delimiter), cacheFolder()];
  return folders
    .filter((folder): folder is string => folder !== undefined && folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The path of an executable program. Throws an Error that says how to get it. */
export function needBinary(name: BinaryName): string {
  const path = findBinary(name);
  if (path === undefined) {
    throw new Error(
      `${name} is not installed: put it into the PATH, or install Go and run node test-support/runs/prepare.ts`,
    );
  }
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
