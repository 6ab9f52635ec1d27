/** Which test files a run takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFiles, root } from '../project/project-files.ts';
import { longTests } from './long-tests.ts';
import { skips } from './skips.ts';

const everywhere = [
  'core/test/**/*.test.ts',
  'etcd/test/**/*.test.ts',
  'service/test/**/*.test.ts',
  'operator/test/**/*.test.ts',
  'cli/test/**/*.test.ts',
  'charts/test/**/*.test.ts',
  'checks/**/*.test.ts',
  'dashboards/test/**/*.test.ts',
  'images/test/**/*.test.ts',
  'test-support/**/*.test.ts',
  'bench/**/*.test.ts',
];

/** The folders whose tests take seconds. None of these starts a cluster. */
const quick = [
  'core/test/**/*.test.ts',
  'etcd/test/**/*.test.ts',
  'service/test/*.test.ts',
  'service/test/{answers,auth,requests}/**/*.test.ts',
  'operator/test/{apply,desired,status,trouble}/**/*.test.ts',
  'dashboards/test/generated.test.ts',
  'test-support/**/*.test.ts',
];

/** Patterns for ava. Those that need a program which is missing are left out. */
export function testFiles(length: 'all' | 'short' | 'quick' | 'long' | 'contract'): string[] {
  const missing = skips().map(({ files }) => `!${files}`);
  if (length === 'contract') return [...contractTests(), ...longTests.map((files) => `!${files}`), ...missing];
  if (length === 'long') return [...longTests, ...missing];
  const left = length === 'all' ? [] : longTests.map((files) => `!${files}`);
  return [...(length === 'quick' ? quick : everywhere), ...left, ...missing];
}

/** Those with tests of every kind of store. */
function contractTests(): string[] {
  const files = projectFiles('service/test/**/*.test.ts');
  return files.filter((file) => readFileSync(join(root, file), 'utf8').includes('contractTest('));
}
