/** Runs before the tests: finds or builds the real programs they start (see binaries.ts). */
import { findBinary } from './binaries.ts';

for (const name of ['etcd', 'kube-apiserver'] as const) {
  const path = findBinary(name);
  console.error(path === undefined ? `${name}: not found` : `${name}: ${path}`);
}
