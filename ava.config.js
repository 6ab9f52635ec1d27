export default {
  extensions: { ts: 'module' },
  files: ['service/test/**/*.test.ts', 'operator/test/**/*.test.ts', 'test-support/**/*.test.ts'],
  timeout: '3m',
  concurrency: 2,
};
