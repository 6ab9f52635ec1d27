/** The tests that take seconds: `npm run check`. Nothing of them starts a cluster. */
import { settings } from './ava.config.js';
import { longTests } from './test-support/long-tests.ts';

const quick = [
  'core/test/**/*.test.ts',
  'etcd/test/**/*.test.ts',
  'service/test/*.test.ts',
  'service/test/{answers,auth,requests}/**/*.test.ts',
  'operator/test/{apply,desired,status,trouble}/**/*.test.ts',
  'dashboards/test/generated.test.ts',
  'test-support/**/*.test.ts',
];

export default { ...settings, files: [...quick, ...longTests.map((files) => `!${files}`)] };
