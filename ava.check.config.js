/** The tests that take seconds: `npm run check`. */
import { settings } from './ava.config.js';
import { testFiles } from './test-support/runs/test-files.ts';

export default { ...settings, files: testFiles('quick') };
