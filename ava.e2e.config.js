/** The end-to-end tests: one cluster, one test at a time. */
export default {
  extensions: { ts: 'module' },
  files: ['e2e/**/*.test.ts'],
  timeout: '10m',
  concurrency: 1,
  serial: true,
  failFast: false,
};
