import test from 'ava';
import { pageRoutes, pagesOf } from '../../../src/site/pages/pages.ts';
import { assertProblem } from '../../support/assert-problem.ts';
import { call } from '../../support/call.ts';
import { startService } from '../../support/start-service.ts';
import { storeKinds } from '../../support/store-kinds.ts';
import { someTokens } from '../../support/tokens.ts';

const [kind] = storeKinds;
if (kind === undefined) throw new Error('no store');
const paths = pagesOf({ docs: true, ui: true }).flatMap(({ assets }) => [...assets.keys()]);

test('pages and all that belongs to them are served, with a policy that lets nothing else in', async (t) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  t.true(paths.length >= 5);
  for (const path of paths) {
    const answer = await call(service, path);
    t.is(answer.status, 200, path);
    t.regex(answer.headers['content-type'] ?? '', /^(text\/(html|css|javascript); charset=utf-8|image\/svg\+xml)$/);
    t.regex(
      String(answer.headers['content-security-policy']),
      /default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    t.notRegex(String(answer.headers['content-security-policy']), /unsafe|https?:|\*/);
    t.is(answer.headers['x-content-type-options'], 'nosniff');
    const head = await call(service, path, { method: 'HEAD' });
    t.is(head.headers['content-length'], String(Buffer.byteLength(answer.text)));
    assertProblem(t, await call(service, path, { method: 'POST' }), 'method-not-allowed');
  }
});

test('a page loads nothing that is not of the service', async (t) => {
  const service = await startService(t, kind);
  for (const { path } of pagesOf({ docs: true, ui: true })) {
    const { text } = await call(service, path);
    const targets = [...text.matchAll(/ (?:src|href)="([^"]*)"/g)].map(([, target = '']) => target);
    t.true(targets.length > 2);
    for (const target of targets.filter((each) => !each.startsWith('data:'))) {
      const { host, pathname } = new URL(target, `http://service${path}`);
      t.is(host, 'service');
      t.is((await call(service, pathname)).status, 200, target);
    }
    t.notRegex(text, /<script(?![^>]* src=)|<style| on[a-z]+="| style="/);
  }
});

test('what has not changed is not sent again, and what is sent is compressed where that is understood', async (t) => {
  const service = await startService(t, kind);
  const path = '/docs/swagger-ui.css';
  const plain = await call(service, path);
  t.is(plain.headers['content-encoding'], undefined);
  const zipped = await call(service, path, { headers: { 'Accept-Encoding': 'gzip' } });
  // As browsers ask: their order says nothing.
  const smallest = await call(service, path, { headers: { 'Accept-Encoding': 'gzip, deflate, br, zstd' } });
  for (const [{ headers }, coding] of [
    [zipped, 'gzip'],
    [smallest, 'br'],
  ] as const) {
    t.is(headers['content-encoding'], coding);
    t.true(Number(headers['content-length']) < Number(plain.headers['content-length']) / 3);
    t.is(headers.etag, plain.headers.etag?.replace(/"$/, `-${coding}"`));
  }
  t.true(Number(smallest.headers['content-length']) < Number(zipped.headers['content-length']));
  for (const { headers } of [plain, zipped, smallest]) {
    const encoding = headers['content-encoding'] ?? 'identity';
    const asked = { 'Accept-Encoding': encoding, 'If-None-Match': headers.etag ?? '' };
    const again = await call(service, path, { headers: asked });
    t.is(again.status, 304);
    t.is(again.text, '');
  }
});

test('nothing but the listed files is served', async (t) => {
  const service = await startService(t, kind);
  const tries = [
    ...['/docs/../main.ts', '/docs/..%2fpage.js', '/docs/%2e%2e/package.json', '/docs//page.js', '/docs/page.js/'],
    ...['/docs/package.json', '/docs/swagger-ui.js', '/docs/index.html', '/docs/....//page.js', '/docs/%00', '/Docs'],
    ...[
      '/ui/../main.ts',
      '/ui/..%2fapi.js',
      '/ui/%2e%2e/package.json',
      '/ui/%2e%2e%2f%2e%2e%2fpackage.json',
      '/ui//api.js',
    ],
    ...[
      '/ui/..%5cmain.ts',
      '/ui/%252e%252e/main.ts',
      '/ui/tsconfig.json',
      '/ui/index.html',
      '/ui/%00',
      '/ui/api.js%00',
    ],
    ...[
      '/docs/%252e%252e/main.ts',
      '/docs/..\\main.ts',
      '/docs/%c0%ae%c0%ae/main.ts',
      '/ui/constructor',
      '/docs/__proto__',
    ],
  ];
  for (const path of tries) assertProblem(t, await call(service, path), 'unknown-path');
});

test('a slash behind a page leads to it', async (t) => {
  const service = await startService(t, kind);
  for (const { path } of pagesOf({ docs: true, ui: true })) {
    const { status, headers } = await call(service, `${path}/`);
    t.is(status, 308);
    t.is(new URL(headers.location ?? '', `http://service${path}/`).pathname, path);
  }
});

test('switched off, there is no page', async (t) => {
  const service = await startService(t, kind, { pages: false });
  for (const { path } of pageRoutes(pagesOf({ docs: true, ui: true })))
    assertProblem(t, await call(service, path), 'unknown-path');
  t.is((await call(service, '/openapi.json')).status, 200, 'the description stays');
});
