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

/** Patterns for ava. Those that need a program which is missing are left out. */
export function testFiles(length: 'all' | 'short' | 'long'): string[] {
  const missing = skips().map(({ files }) => `!${files}`);
  if (length === 'long') return [...longTests, ...missing];
  const left = length === 'short' ? longTests.map((files) => `!${files}`) : [];
  return [...everywhere, ...left, ...missing];
}
