/** Every test that needs no cluster: for `npx ava FILE`. */
import { testFiles } from './test-support/test-files.ts';

export const settings = { extensions: { ts: 'module' }, timeout: '10m', concurrency: 2 };

export default { ...settings, files: testFiles('all') };
