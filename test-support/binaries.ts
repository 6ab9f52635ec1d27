/** Where the real programs that tests start come from: KUBEBUILDER_ASSETS (the variable envtest uses), then the PATH. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export type BinaryName = 'etcd' | 'etcdctl' | 'etcdutl' | 'kube-apiserver' | 'kubectl';

/** The path of an executable program, or undefined when there is none. */
export function findBinary(name: BinaryName): string | undefined {
  const folders = [process.env.KUBEBUILDER_ASSETS, ...(process.env.PATH ?? '').split(delimiter)];
  return folders
    .filter((folder): folder is string => folder !== undefined && folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of an executable program. Throws an Error that says how to get it. */
export function needBinary(name: BinaryName): string {
  const path = findBinary(name);
  if (path === undefined) throw new Error(`${name} is not installed: see "Programs that tests need" in DEVELOPERS.md`);
  return path;
}
