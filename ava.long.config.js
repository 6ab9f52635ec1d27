/** The tests that take long: with `npm test`, they are `npm run test:all`. */
import { settings } from './ava.config.js';
import { testFiles } from './test-support/test-files.ts';

export default { ...settings, files: testFiles('long') };
