/** The tests that take minutes: `npm test`. */
import { settings } from './ava.config.js';
import { testFiles } from './test-support/test-files.ts';

export default { ...settings, files: testFiles('short') };
