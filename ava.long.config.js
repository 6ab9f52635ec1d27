/** The tests that take long: with `npm test`, they are `npm run test:all`. */
import { settings } from './ava.config.js';
import { testFiles } from './test-support/runs/test-files.ts';

// They hardly wait for anything: a third file at a time would only slow the others.
export default { ...settings, concurrency: 2, files: testFiles('long') };
