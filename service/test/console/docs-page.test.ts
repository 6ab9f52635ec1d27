/** The page at /docs in a real browser: light at first, and Swagger UI for who wants to try a call. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { storeKinds } from '../support/store-kinds.ts';
import { openConsole } from './browser.ts';

const [kind] = storeKinds;
if (kind === undefined) throw new Error('no store');
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

test.serial('the calls are shown without Swagger UI, which is loaded when a call is to be tried', async (t) => {
  const asked: string[] = [];
  const { page, complaints } = await openConsole(t, kind, {
    target: '/docs',
    before: async (before) => before.on('request', (request) => asked.push(new URL(request.url()).pathname)),
  });
  await page.getByText('GET /get/{key}').click();
  await page.getByText('The rest of the path, percent-decoded once.').first().waitFor();
  t.deepEqual(
    [...new Set(asked)].filter((path) => path.includes('swagger')),
    [],
  );
  await page.evaluate(axe);
  const { violations } = (await page.evaluate('axe.run()')) as { violations: readonly { id: string }[] };
  t.deepEqual(
    violations.map(({ id }) => id),
    [],
  );
  await page.getByRole('button', { name: 'Try it in Swagger UI' }).click();
  await page.locator('.swagger-ui .opblock').first().waitFor();
  t.true(asked.includes('/docs/swagger-ui-bundle.js'));
  t.deepEqual(complaints, []);
});
