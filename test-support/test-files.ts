/** Which test files a run takes. */
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
export function testFiles(length: 'all' | 'short' | 'quick' | 'long'): string[] {
  const missing = skips().map(({ files }) => `!${files}`);
  if (length === 'long') return [...longTests, ...missing];
  const left = length === 'all' ? [] : longTests.map((files) => `!${files}`);
  return [...(length === 'quick' ? quick : everywhere), ...left, ...missing];
}
