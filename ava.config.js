/** Every test that needs no cluster: for `npx ava FILE`. */
import { testFiles } from './test-support/runs/test-files.ts';

export const settings = {
  extensions: { ts: 'module' },
  timeout: '10m',
  // One more than the cores of a small machine: a file often waits for etcd or an API server to start.
  concurrency: 3,
  // Each file runs in a thread of its own, which compiles what it imports: with the cache a tenth less processor time.
  environmentVariables: { NODE_COMPILE_CACHE: `${import.meta.dirname}/node_modules/.cache/compile` },
};

export default { ...settings, files: testFiles('all') };
