import { skips } from './test-support/skips.ts';

export default {
  extensions: { ts: 'module' },
  files: [
    ...[
      'service/test/**/*.test.ts',
      'operator/test/**/*.test.ts',
      'cli/test/**/*.test.ts',
      'charts/test/**/*.test.ts',
      'dashboards/test/**/*.test.ts',
      'test-support/**/*.test.ts',
      'checks/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    ...skips().map(({ files }) => `!${files}`),
  ],
  timeout: '10m',
  concurrency: 2,
};
