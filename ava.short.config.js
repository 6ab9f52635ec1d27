/** The tests that take minutes: `npm test`. */
import { settings } from './ava.config.js';
import { testFiles } from './test-support/runs/test-files.ts';

// What holds for both stores is tried by a lease as well in ava.leases.config.js.
const environmentVariables = { ...settings.environmentVariables, KV_TEST_LEASES: 'no' };

export default { ...settings, environmentVariables, files: testFiles('short') };
