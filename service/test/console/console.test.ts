/** The console as a person uses it, in a real browser on the real service. */
import test, { type ExecutionContext } from 'ava';
import type { Page } from 'playwright-core';
import { waitFor } from '../../../test-support/wait-for.ts';
import { call, get } from '../support/call.ts';
import { type StoreKind, storeKinds } from '../support/store-kinds.ts';
import { bearer, digestOf, reader, someTokens, writer } from '../support/tokens.ts';
import { openConsole, parts } from './browser.ts';

const [kind] = storeKinds;
if (kind === undefined) throw new Error('no store');
const { option, value, text, save, conflict } = parts;

const many = Object.fromEntries(Array.from({ length: 450 }, (_, i) => [`order/${String(i).padStart(4, '0')}`, i]));

/** One after the other: windows side by side only make each other slow. */
function bothStores(title: string, run: (t: ExecutionContext, kind: StoreKind) => Promise<void>): void {
  for (const each of storeKinds) test.serial(`${each.name}: ${title}`, (t) => run(t, each));
}

test.serial('keys are found by prefix and suffix while they are typed', async (t) => {
  const { page, complaints } = await openConsole(t, kind, { pairs: { 'abc-1': 1, 'abc-2': 2, 'xyz-1': 3 } });
  await page.getByText('3 keys', { exact: true }).waitFor();
  await page.getByLabel('Begins with').pressSequentially('abc');
  await page.getByText('2 keys', { exact: true }).waitFor();
  await page.getByLabel('Ends with').pressSequentially('-1');
  await page.getByText('1 key', { exact: true }).waitFor();
  t.deepEqual(await page.getByRole('option').allTextContents(), ['abc-1']);
  await page.getByLabel('Begins with').fill('nothing');
  await page.getByText('No key fits.').waitFor();
  t.deepEqual(complaints, []);
});

test.serial('the answer to an earlier search is dropped when it comes late', async (t) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let slow = 0;
  let late = 0;
  const { page } = await openConsole(t, kind, {
    pairs: { a: 1, ab: 2, b: 3 },
    before: (before) =>
      before.route('**/search?prefix=a&**', async (route) => {
        slow++;
        await held;
        // The page has given it up by now.
        await route.continue().catch(() => {});
        late++;
      }),
  });
  await page.getByText('3 keys', { exact: true }).waitFor();
  await page.getByLabel('Begins with').fill('a');
  await waitFor('the slow search', () => slow === 1);
  await page.getByLabel('Begins with').fill('ab');
  await page.getByText('1 key', { exact: true }).waitFor();
  release();
  await waitFor('the late answer', () => late === 1);
  // Whatever was answered to the page before this is answered is there now.
  await page.evaluate("fetch('search?prefix=').then((answer) => answer.text())");
  t.deepEqual(await page.getByRole('option').allTextContents(), ['ab']);
});

test.serial('a page more is loaded at the end of the list; only rows in view are elements', async (t) => {
  const { page } = await openConsole(t, kind, { pairs: many });
  await page.getByText('First 200 keys').waitFor();
  t.true((await page.getByRole('option').count()) < 80);
  await page.getByRole('button', { name: 'More keys' }).scrollIntoViewIfNeeded();
  await page.getByText('First 400 keys').waitFor();
  await page.getByRole('listbox', { name: 'Keys' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await page.getByText('450 keys', { exact: true }).waitFor();
  await page.keyboard.press('End');
  await page.getByRole('heading', { name: 'order/0449' }).waitFor();
  const last = (await page.getByRole('option').allTextContents()).slice(-5);
  t.deepEqual(last, Object.keys(many).slice(-5));
  t.is(await option(page, 'order/0449').getAttribute('aria-posinset'), '450');
  await page.keyboard.press('Home');
  await page.getByRole('heading', { name: 'order/0000' }).waitFor();
  t.deepEqual((await page.getByRole('option').allTextContents()).slice(0, 5), Object.keys(many).slice(0, 5));
});

test.serial('a value is edited as text: what was not touched stays as it was', async (t) => {
  const before = '{"serial":101660004000155481467,"ratio":1.0,"big":1e400,"text":"\\u00e9","a":{},"b":[ ]}';
  const { page, service } = await openConsole(t, kind, { pairs: `{"k":${before}}` });
  await option(page, 'k').click();
  await value(page).waitFor();
  const shown = await text(page);
  t.true(shown.startsWith('{\n  "serial": 101660004000155481467,\n  "ratio": 1.0,\n'), shown);
  t.true(await save(page).isDisabled(), 'nothing to save yet');
  await value(page).fill(shown.replace('1.0', '2.50'));
  await page.getByText('Changed, not saved').waitFor();
  await save(page).click();
  await page.getByText('Saved.').waitFor();
  t.is((await get(service, 'k')).text, before.replace('1.0', '2.50').replace('[ ]', '[]'));
  await value(page).fill('{"a":}');
  t.true(await save(page).isDisabled());
  t.is(await value(page).getAttribute('aria-invalid'), 'true');
  await page.getByRole('button', { name: 'Revert' }).click();
  t.true((await text(page)).includes('2.50'));
});

bothStores('a conflict is shown with both values, and nothing is overwritten', async (t, kind) => {
  const { page, service, put } = await openConsole(t, kind, {
    pairs: { k: { mine: 0 } },
    // Without a watch: the save itself finds out.
    before: (before) => before.route('**/watch?**', (route) => route.abort()),
  });
  await option(page, 'k').click();
  await value(page).fill('{"mine":1}');
  await put('{"k":{"theirs":2.0}}');
  await save(page).click();
  await conflict(page).waitFor();
  t.is((await get(service, 'k')).text, '{"theirs":2.0}');
  t.is(await text(page, 'mine'), '{"mine":1}');
  t.is(await text(page, 'theirs'), '{\n  "theirs": 2.0\n}');
  t.true(await save(page).isDisabled(), 'first decide');
  await page.getByRole('button', { name: 'Go on with mine' }).click();
  t.is(await text(page), '{"mine":1}');
  await save(page).click();
  await page.getByText('Saved.').waitFor();
  t.is((await get(service, 'k')).text, '{"mine":1}');

  await value(page).fill('{"mine":2}');
  await put({ k: 'theirs again' });
  await save(page).click();
  await conflict(page).waitFor();
  await page.getByRole('button', { name: "Take the store's" }).click();
  t.is(await text(page), '"theirs again"');
  t.is((await get(service, 'k')).text, '"theirs again"');
});

bothStores('a change by somebody else is shown at once: taken over, or beside what is not saved', async (t, kind) => {
  const { page, service, put } = await openConsole(t, kind, { pairs: { k: 1, other: 1 } });
  await page.getByText('Live', { exact: true }).waitFor();
  await option(page, 'k').click();
  await value(page).waitFor();
  await put({ k: 2, new: 1 });
  await option(page, 'new').waitFor();
  await waitFor('the new value', async () => (await text(page)) === '2');
  await value(page).fill('3');
  await put({ k: 4 });
  await conflict(page).waitFor();
  t.is(await text(page), '3');
  await page.getByRole('button', { name: "Take the store's" }).click();
  t.is(await text(page), '4');
  await call(service, '/get/other', { method: 'DELETE' });
  await option(page, 'other').waitFor({ state: 'detached' });
  await call(service, '/get/k', { method: 'DELETE' });
  await page.getByText('Choose a key to see its value.').waitFor();
  t.deepEqual(await page.getByRole('option').allTextContents(), ['new']);
});

test.serial('a key is created only when there is none, and deleted only when that is confirmed', async (t) => {
  const { page, service } = await openConsole(t, kind, { pairs: { taken: 1 } });
  await page.getByRole('button', { name: 'New key' }).click();
  const dialog = page.getByRole('dialog', { name: 'New key' });
  await dialog.getByLabel('Key', { exact: true }).fill('taken');
  await dialog.getByLabel('Value, as JSON').fill('{"a":1.0}');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await dialog.getByText('There is such a key already.').waitFor();
  t.is((await get(service, 'taken')).text, '1');
  await dialog.getByLabel('Key', { exact: true }).fill('new/ä');
  await dialog.getByRole('button', { name: 'Create' }).click();
  await page.getByRole('heading', { name: 'new/ä' }).waitFor();
  t.is((await get(service, 'new/ä')).text, '{"a":1.0}');

  await page.getByRole('button', { name: 'Delete…' }).click();
  const question = page.getByRole('alertdialog', { name: 'Delete this key?' });
  await question.getByText('new/ä').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  t.is((await get(service, 'new/ä')).status, 200);
  await page.getByRole('button', { name: 'Delete…' }).click();
  await question.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Deleted.').waitFor();
  t.is((await get(service, 'new/ä')).status, 404);
});

test.serial('everything can be done with the keyboard', async (t) => {
  const { page, service } = await openConsole(t, kind, { pairs: { 'a/1': 1, 'a/2': 2, 'b/1': 3 } });
  await page.getByText('3 keys', { exact: true }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('a/');
  await page.getByText('2 keys', { exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('heading', { name: 'a/2' }).waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('20');
  await page.keyboard.press('Control+s');
  await page.getByText('Saved.').waitFor();
  t.is((await get(service, 'a/2')).text, '20');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Deleted.').waitFor();
  t.is((await get(service, 'a/2')).status, 404);
  await page.keyboard.press('n');
  await page.keyboard.type('3');
  await page.keyboard.press('Tab');
  await page.keyboard.type('true');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Created.').waitFor();
  t.is((await get(service, 'a/3')).text, 'true');
});

test.serial('keys that a browser takes for steps in a path are keys like any other', async (t) => {
  const { page, service } = await openConsole(t, kind, { pairs: { '.': 1, '..': 2, '../x': 3 } });
  await option(page, '..').click();
  await page.getByRole('heading', { name: '..', exact: true }).waitFor();
  await value(page).fill('20');
  await save(page).click();
  await page.getByText('Saved.').waitFor();
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Deleted.').waitFor();
  t.is((await call(service, '/')).text, '{".":1,"../x":3}');
});

test.serial('an expiry is shown, and kept when the value is saved', async (t) => {
  const { page, service } = await openConsole(t, kind);
  await call(service, '/set?ttl=5000', { body: '{"k":1}' });
  await option(page, 'k').click();
  await page.getByText('gone in 83 min').waitFor();
  await value(page).fill('2');
  await save(page).click();
  await page.getByText('Saved.').waitFor();
  t.true((service.store.expires('k') ?? 0) > Date.now() + 4000 * 1000);
  await value(page).fill('3');
  await page.getByLabel('Keep its expiry').uncheck();
  await save(page).click();
  await waitFor('the value without an expiry', () => service.store.get('k')?.value === '3');
  t.is(service.store.expires('k'), undefined);
});

test.serial('keys and values are text, whatever is in them', async (t) => {
  const key = '<img src=x onerror=alert(1)>/../%2F?#"\'';
  const { page, complaints } = await openConsole(t, kind, { pairs: { [key]: '<script>alert(1)</script>' } });
  await option(page, key).click();
  await page.getByRole('heading', { name: key }).waitFor();
  t.is(await text(page), '"<script>alert(1)</script>"');
  t.is(await page.locator('main img').count(), 0);
  await page.reload();
  await page.getByRole('heading', { name: key }).waitFor();
  t.deepEqual(complaints, []);
});

test.serial('the page asks for a token where one is needed, and keeps it for the tab', async (t) => {
  const tokens = await someTokens(t);
  const { page, complaints } = await openConsole(t, kind, { tokens, pairs: { k: 1 }, headers: bearer(writer) });
  const dialog = page.getByRole('dialog', { name: 'A token is needed' });
  const give = async (token: string) => {
    await dialog.getByLabel('Token').fill(token);
    await dialog.getByRole('button', { name: 'Use it' }).click();
  };
  await give('wrong');
  await dialog.getByText('That token is not in force.').waitFor();
  await give(reader);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.reload();
  await option(page, 'k').click();
  await page.getByText('Read only', { exact: true }).waitFor();
  t.false(await value(page).isEditable());
  for (const name of ['Save', 'Delete…', 'Revert', 'Format', 'New key']) {
    t.is(await page.getByRole('button', { name, exact: true }).count(), 0, `${name} is not offered`);
  }
  await page.keyboard.press('n');
  t.is(await page.getByRole('dialog').count(), 0);
  t.false(page.url().includes(reader));
  t.deepEqual(await page.evaluate('Object.values(localStorage)'), []);
  t.deepEqual(complaints, []);
});

test.serial('a token that is limited to prefixes: the page says so, and shows and offers its keys alone', async (t) => {
  const limited = { name: 'team-a', token: 'limited', may: 'write', prefixes: ['team-a/'] };
  const text = `rw shop ${digestOf(writer)}\n${JSON.stringify(limited)}`;
  const tokens = await someTokens(t, { text });
  const pairs = { 'team-a/k': 1, 'team-b/k': 'secret' };
  const { page, complaints } = await openConsole(t, kind, { tokens, pairs, headers: bearer(writer) });
  const dialog = page.getByRole('dialog', { name: 'A token is needed' });
  await dialog.getByLabel('Token').fill('limited');
  await dialog.getByRole('button', { name: 'Use it' }).click();
  await page.getByText('Only keys that begin with team-a/', { exact: true }).waitFor();
  await option(page, 'team-a/k').click();
  await page.getByRole('heading', { name: 'team-a/k' }).waitFor();
  t.is(await option(page, 'team-b/k').count(), 0);
  await page.getByRole('button', { name: 'New key', exact: true }).click();
  t.is(await page.getByRole('dialog').getByLabel('Key').inputValue(), 'team-a/');
  t.deepEqual(complaints, []);
});

test.serial('what is shown is in the address', async (t) => {
  const { page } = await openConsole(t, kind, { pairs: many, target: '/ui#prefix=order%2F04&key=order%2F0001' });
  await page.getByText('50 keys', { exact: true }).waitFor();
  await page.getByRole('heading', { name: 'order/0001' }).waitFor();
  await option(page, 'order/0402').click();
  await page.getByRole('heading', { name: 'order/0402' }).waitFor();
  t.true(page.url().endsWith('#prefix=order%2F04&key=order%2F0402'), page.url());
});

test.serial('a key of 1,024 bytes is in the address, too', async (t) => {
  const key = `${'/ä%?#&+ .'.repeat(102)}kkkk`;
  t.is(Buffer.byteLength(key), 1024);
  const { page, complaints } = await openConsole(t, kind, {
    pairs: { [key]: 'found', other: 1 },
    target: `/ui#${new URLSearchParams({ key })}`,
  });
  await waitFor('the value', async () => (await text(page)) === '"found"');
  await value(page).fill('2');
  await save(page).click();
  await page.getByText('Saved.').waitFor();
  await page.reload();
  await waitFor('the new value', async () => (await text(page)) === '2');
  t.deepEqual(complaints, []);
});

test.serial('Esc in the question for a token leaves a page that says what is missing, and a way on', async (t) => {
  const { page } = await openConsole(t, kind, {
    tokens: await someTokens(t),
    pairs: { k: 1 },
    headers: bearer(writer),
  });
  const dialog = page.getByRole('dialog', { name: 'A token is needed' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await page.getByText('The service needs a token.').waitFor();
  await page.getByRole('button', { name: 'Give a token' }).click();
  await dialog.getByLabel('Token').fill(writer);
  await dialog.getByRole('button', { name: 'Use it' }).click();
  await option(page, 'k').waitFor();
  t.is(await page.getByText('The service needs a token.').isVisible(), false);
  t.true(await page.getByRole('button', { name: 'New key' }).isVisible());
});

test.serial('the open key is live also when the search is for others', async (t) => {
  const { page, put } = await openConsole(t, kind, { pairs: { watched: 1, other: 1 } });
  await option(page, 'watched').click();
  await value(page).waitFor();
  await page.getByLabel('Begins with').fill('oth');
  await page.getByText('1 key', { exact: true }).waitFor();
  for (let i = 2; i < 5; i++) {
    await put({ watched: i });
    await waitFor('the new value', async () => (await text(page)) === String(i));
  }
  t.deepEqual(await page.getByRole('option').allTextContents(), ['other']);
});

/** Answers the next watches with these, in order; then the service does. */
function answeredWatches(
  page: Page,
  pattern: string,
  answers: { status: number; headers?: Record<string, string>; body?: string }[],
) {
  return page.route(pattern, (route) => {
    const answer = answers.shift();
    return answer === undefined ? route.continue() : route.fulfill(answer);
  });
}

const rateLimited = {
  status: 429,
  headers: { 'Content-Type': 'application/problem+json', 'Retry-After': '1' },
  body: JSON.stringify({ code: 'rate-limited', status: 429, detail: 'The token has used up its limit.' }),
};

test.serial('a watch that is refused for now goes on by itself: 429, 408, an answer of a proxy', async (t) => {
  const answers = [
    rateLimited,
    { status: 408, headers: { 'Content-Type': 'application/problem+json' }, body: '{"code":"request-timeout"}' },
    { status: 404, headers: { 'Content-Type': 'text/html' }, body: '<h1>default backend</h1>' },
    // Not of the service either: no history of its is gone.
    { status: 410, headers: { 'Content-Type': 'text/html' }, body: 'gone' },
  ];
  const { page, put } = await openConsole(t, kind, {
    pairs: { first: 1 },
    before: (before) => answeredWatches(before, '**/watch?**', answers),
  });
  await page.getByText('Connection lost, trying again').waitFor();
  await page.getByText('1 key', { exact: true }).waitFor();
  // No watch reports it: it is there once the list is read again.
  await put({ second: 2 });
  await page.getByText('Live', { exact: true }).waitFor();
  t.is(answers.length, 0);
  await page.getByText('2 keys', { exact: true }).waitFor();
  await put({ third: 3 });
  await page.getByText('3 keys', { exact: true }).waitFor();
});

test.serial('the open key that is not live while the search is for others: the page says so, and why', async (t) => {
  const forbidden = {
    status: 403,
    headers: { 'Content-Type': 'application/problem+json' },
    body: JSON.stringify({ code: 'outside-prefixes', status: 403, detail: 'Not one of the keys of this token.' }),
  };
  const answers = [rateLimited, forbidden];
  const { page, put } = await openConsole(t, kind, {
    pairs: { watched: 1, other: 1 },
    before: (before) => answeredWatches(before, '**/watch?prefix=watched&**', answers),
  });
  await option(page, 'watched').click();
  await value(page).waitFor();
  await page.getByLabel('Begins with').fill('oth');
  await page.getByText('Open key: connection lost, trying again').waitFor();
  await page.getByText('Open key: not live').waitFor();
  await page.getByText('Not one of the keys of this token.').waitFor();
  // The search has it again.
  await page.getByLabel('Begins with').fill('');
  await page.getByText('Live', { exact: true }).waitFor();
  await put({ watched: 2 });
  await waitFor('the new value', async () => (await text(page)) === '2');
  t.is(answers.length, 0);
});

test.serial('keys that look alike are told apart', async (t) => {
  const keys = [
    'admin',
    'adm\u200bin',
    '\u202enimda',
    'admin ',
    'admin\u00a0',
    'ad\u2066min',
    '👩\u200d👧',
    '❤\ufe0f\u200d🔥',
    // Variation selectors: they follow no emoji, or an emoji that has one already.
    'admin\ufe00',
    'admin\ufe0f\u200d🔥',
    '❤\ufe0f\ufe0f',
    'admin\u{e0100}',
    'ключ',
    'مفتاح',
  ];
  const { page } = await openConsole(t, kind, { pairs: Object.fromEntries(keys.map((key) => [key, 1])) });
  await page.getByText('14 keys', { exact: true }).waitFor();
  const shown = await page.getByRole('option').allTextContents();
  t.deepEqual(
    shown.toSorted(),
    [
      ...['\\u202enimda', 'ad\\u2066min', 'admin', 'admin\\u0020', 'admin\\u00a0', 'adm\\u200bin'],
      ...['admin\\ufe00', 'admin\\ufe0f\\u200d🔥', '❤\ufe0f\\ufe0f', 'admin\\udb40\\udd00'],
      ...['👩\u200d👧', '❤\ufe0f\u200d🔥', 'ключ', 'مفتاح'],
    ].toSorted(),
  );
  await option(page, '\\u202enimda').click();
  await page.getByRole('heading', { name: '\\u202enimda' }).waitFor();
});

test.serial('what is under way is said, and what failed stays said', async (t) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let fails = false;
  const { page } = await openConsole(t, kind, {
    pairs: { k: 1 },
    before: async (before) => {
      await before.route('**/search?**', async (route) => {
        if (fails) return route.fulfill({ status: 200, contentType: 'text/html', body: '<title>Log in</title>' });
        await held;
        return route.continue();
      });
    },
  });
  await page.getByText('Loading…').waitFor();
  release();
  await page.getByText('1 key', { exact: true }).waitFor();
  fails = true;
  await page.getByLabel('Begins with').fill('k');
  await page
    .getByText(/The keys could not be read\. Something else than the service answers: status 200, text\/html/)
    .waitFor();
  t.is(await page.getByRole('option').count(), 0);
});

test.serial('a list has a focus that can be seen, and a toast is never empty', async (t) => {
  const { page } = await openConsole(t, kind, { pairs: { k: 1 } });
  await option(page, 'k').waitFor();
  await page.getByLabel('Ends with').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  const outline = await page.evaluate("getComputedStyle(document.querySelector('#scroll')).outlineStyle");
  t.is(outline, 'solid');
  const toasts =
    "[...document.querySelectorAll('.said')].every((e) => !e.classList.contains('shown') || e.textContent !== '')";
  t.true(await page.evaluate(toasts));
  t.is(await page.evaluate("getComputedStyle(document.querySelector('.said')).visibility"), 'hidden');
});

test.serial(
  '50,000 keys that are written while it is open do not freeze the page: no task is longer than 1 s',
  async (t) => {
    t.timeout(300_000);
    const { page, put } = await openConsole(t, kind, { pairs: { 'key-0': 0 } });
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate(`
    window.longest = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
    }).observe({ type: 'longtask' });
  `);
    const batch = 500;
    for (let from = 1; from <= 50_000; from += batch) {
      // In no order of keys.
      const pairs = Array.from({ length: batch }, (_, i) => [`key-${((from + i) * 7919) % 50_021}`, from]);
      await put(Object.fromEntries(pairs));
    }
    await page.getByText('First 10,000 keys').waitFor();
    t.true((await page.getByRole('option').count()) < 80);
    const longest = Number(await page.evaluate('window.longest'));
    t.log(`longest task ${longest} ms`);
    // 60 to 90 ms on two busy cores; the bound leaves room for a machine that does much else. It was 37 s and more.
    t.true(longest <= 1000, `${longest} ms`);
  },
);

/** Milliseconds from a key to behind the frame that shows it: the median of 30, and the most. */
async function typingTimes(page: Page): Promise<readonly [number, number]> {
  const times: number[] = [];
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Space');
    times.push(Number(await page.evaluate('shown')));
  }
  times.sort((a, b) => a - b);
  return [times[15] ?? 0, times[29] ?? 0];
}

test.serial('typing in a value of 1 MiB costs what it does in a short one', async (t) => {
  t.timeout(300_000);
  const members = Object.fromEntries(Array.from({ length: 22_000 }, (_, i) => [`member-${i}`, `text of member ${i}`]));
  const pairs = { short: { a: 1 }, large: members, line: 'x'.repeat(1_040_000) };
  const { page, put, complaints } = await openConsole(t, kind);
  await page.evaluate(`
    addEventListener('keydown', () => {
      const begun = performance.now();
      const { port1, port2 } = new MessageChannel();
      // Behind the frame that shows the key: what is sent in it is taken after its layout and paint.
      requestAnimationFrame(() => port2.postMessage(0));
      window.shown = new Promise((resolve) => {
        port1.onmessage = () => resolve(performance.now() - begun);
      });
    }, { capture: true });
  `);
  page.on('dialog', (dialog) => void dialog.accept());
  let usual = 0;
  for (const [key, stored] of Object.entries(pairs)) {
    await put({ [key]: stored });
    await option(page, key).click();
    await page.getByRole('heading', { name: key, exact: true }).waitFor();
    await value(page).click();
    for (const [place, inside] of [['Home', 'ArrowRight'] as const, ['End', 'ArrowLeft'] as const]) {
      await page.keyboard.press(`Control+${place}`);
      await page.keyboard.press(inside);
      const [median, most] = await typingTimes(page);
      t.log(`${key}, ${place}: ${median.toFixed(1)} ms a key with its frame, at most ${most.toFixed(1)} ms`);
      t.true((await page.locator('#text .cm-line').count()) < 200, key);
      // A frame is 16 ms. It was ten times that, and more.
      if (key === 'short') usual = Math.max(usual, median, 16);
      t.true(median <= 5 * usual, `${key}, ${place}: ${median} ms, ${usual} ms in a short value`);
    }
    if (key === 'large') {
      await page.keyboard.press('Control+s');
      await page.getByText('Saved.').waitFor();
    }
  }
  await page.getByText('Not coloured here: the line has more than 1,000,000 characters').waitFor();
  await page.keyboard.press('Control+Home');
  await page.getByText('Not coloured here').waitFor({ state: 'hidden' });
  t.deepEqual(complaints, []);
});

test.serial('a value that was typed is checked before it is saved, however soon that is', async (t) => {
  const { page, service } = await openConsole(t, kind, { pairs: { k: 'x'.repeat(5000) } });
  await option(page, 'k').click();
  await value(page).click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('}');
  await page.keyboard.press('Control+s');
  await waitFor('the fault', async () => (await value(page).getAttribute('aria-invalid')) === 'true');
  t.is((await get(service, 'k')).text.length, 5002);
  await page.keyboard.press('Control+z');
  await page.getByText('Changed, not saved').waitFor({ state: 'hidden' });
  await waitFor('no fault', async () => (await value(page).getAttribute('aria-invalid')) === 'false');
});

test.serial('the editor, most of the console, is loaded once somebody is there', async (t) => {
  let loads = 0;
  const { page } = await openConsole(t, kind, {
    pairs: { k: 1 },
    before: async (before) => {
      before.on('request', (request) => {
        if (request.url().endsWith('/ui/json-editor.js')) loads++;
      });
    },
  });
  await option(page, 'k').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  t.is(loads, 0);
  await page.keyboard.press('/');
  await waitFor('it is loaded', () => loads === 1);
});

test.serial('a value has colours, also where a string begins before the view or is cut', async (t) => {
  const long = `[${'"\\\\",'.repeat(3000)}"a\\"b", {"name": -1.5e3, "w": true}`;
  const { page } = await openConsole(t, kind, { pairs: { k: 1 } });
  await option(page, 'k').click();
  await value(page).fill(long);
  await value(page).click();
  await page.keyboard.press('Control+End');
  const coloured = (kind: string) => page.locator(`#text .${kind}`).allTextContents();
  await waitFor('the end of the line', async () => (await coloured('word')).includes('true'));
  t.deepEqual(await coloured('number'), ['-1.5e3']);
  t.deepEqual((await coloured('name')).slice(-2), ['"name"', '"w"']);
  t.is((await coloured('string')).at(-1), '"a\\"b"');
});

test.serial('a space at the seam of what a search matched is shown as it is, one at an end as an escape', async (t) => {
  const { page } = await openConsole(t, kind, { pairs: { 'my order 1': 1, 'my family 👩\u200d👧': 2, 'my ': 3 } });
  await page.getByText('3 keys', { exact: true }).waitFor();
  await page.getByLabel('Begins with').fill('my');
  const marked = (text: string, count: number) =>
    waitFor('the marks', async () => {
      const marks = await page.locator('mark').allTextContents();
      return marks.length === count && marks[0] === text;
    });
  await marked('my', 3);
  const rows = ['my\\u0020', 'my family 👩\u200d👧', 'my order 1'];
  t.deepEqual(await page.getByRole('option').allTextContents(), rows);
  await page.getByLabel('Begins with').fill('my ');
  // Of the key that ends with the space, it is an element of its own.
  await marked('my', 4);
  t.deepEqual(await page.getByRole('option').allTextContents(), rows);
  await page.getByLabel('Ends with').fill('1');
  await page.getByText('1 key', { exact: true }).waitFor();
  t.deepEqual(await page.locator('mark').allTextContents(), ['my ', '1']);
});
