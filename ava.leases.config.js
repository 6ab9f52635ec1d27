/** What holds for both stores, over etcd with reads by a lease: `npm run test:leases`. */
import { settings } from './ava.config.js';
import { testFiles } from './test-support/runs/test-files.ts';

export default { ...settings, match: ['etcd, by lease: *'], files: testFiles('contract') };
