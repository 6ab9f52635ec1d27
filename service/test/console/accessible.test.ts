/** axe-core finds nothing in any state of the console, in light and in dark. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { Page } from 'playwright-core';
import { storeKinds } from '../support/store-kinds.ts';
import { someTokens } from '../support/tokens.ts';
import { openConsole, parts } from './browser.ts';

const [kind] = storeKinds;
if (kind === undefined) throw new Error('no store');
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What is against WCAG 2.2 A or AA, or against common practice. */
async function violations(page: Page): Promise<string[]> {
  // Not a part of the page's policy: given to the page by the browser's own debugger.
  await page.evaluate(axe);
  const { violations: found } = (await page.evaluate('axe.run()')) as { violations: readonly Violation[] };
  return found.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.serial(`nothing is in the way of anybody: ${colorScheme}`, async (t) => {
    t.timeout(540_000);
    const pairs = { 'a/1': { text: 'x', number: 1.5, word: true, nothing: null }, 'a/2': 2 };
    const { page, put } = await openConsole(t, kind, { pairs });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const check = async (state: string) => t.deepEqual(await violations(page), [], state);
    await page.getByText('2 keys', { exact: true }).waitFor();
    await check('a list');
    await parts.option(page, 'a/1').click();
    await parts.value(page).waitFor();
    await check('a value');
    await parts.value(page).fill('{"a":');
    await check('a fault');
    await parts.value(page).fill('1');
    await put({ 'a/1': 2 });
    await parts.conflict(page).waitFor();
    await check('a conflict');
    await page.getByRole('button', { name: "Take the store's" }).click();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await check('a question');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'New key' }).click();
    await check('a new key');
  });
}

test.serial('nothing is in the way of anybody: the token', async (t) => {
  const { page } = await openConsole(t, kind, { tokens: await someTokens(t) });
  await page.getByRole('dialog', { name: 'A token is needed' }).waitFor();
  t.deepEqual(await violations(page), []);
});
