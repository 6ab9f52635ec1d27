/** A command that insists on one store, behind a proxy that may lead to another one. */
import test from 'ava';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { cli } from './support/cli.ts';
import { startFront } from './support/front.ts';

const identity = 'shop/cart/1';
const other = 'shop/other/2';

for (const way of ['option', 'variable'] as const) {
  test(`with the ${way} only the store of that name is used`, async (t) => {
    const { url } = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), KV_IDENTITY: identity } });
    const insist = (on: string, ...args: readonly string[]) =>
      way === 'option'
        ? cli(t, [...args, '--identity', on], { url })
        : cli(t, args, { url, env: { KV_EXPECT_IDENTITY: on } });
    t.like(await insist(identity, 'set', 'a', '1'), { code: 0 });
    t.like(await insist(identity, 'get', 'a'), { code: 0, stdout: '1\n' });
    const reads = [['search', '--prefix', 'a'], ['export', '-q'], ['watch']];
    const single = [
      ['get', 'a'],
      ['set', 'a', '2'],
      ['delete', 'a'],
    ];
    for (const args of way === 'option' ? [...single, ...reads] : single) {
      const { code, stdout, stderr } = await insist(other, ...args);
      t.deepEqual({ code, stdout }, { code: 7, stdout: '' }, args.join(' '));
      t.regex(stderr, /the store shop\/cart\/1 answers, not shop\/other\/2/);
    }
    t.is((await cli(t, ['get', 'a'], { url })).stdout, '1\n');
  });
}

test("a proxy's 404 is no missing key, and passes", async (t) => {
  const { url } = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), KV_IDENTITY: identity } });
  const front = await startFront(t, url);
  t.is((await cli(t, ['set', 'a', '1', '--identity', identity], { url: front.url })).code, 0);
  let missing = 2;
  front.act = () => (missing-- > 0 ? { status: 404, code: 'page-not-found' } : 'pass');
  t.like(await cli(t, ['get', 'a', '--identity', identity], { url: front.url }), { code: 0, stdout: '1\n' });
  front.act = () => ({ status: 404, code: 'page-not-found' });
  const given = await cli(t, ['get', 'a', '--identity', identity, '--retry-for', '0'], { url: front.url });
  t.is(given.code, 7);
  t.regex(given.stderr, /status 404 without the header KvStore-Identity/);
});

test('an answer that does not say whose it is is not believed', async (t) => {
  const { url } = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t) } });
  const front = await startFront(t, url);
  front.act = () => ({ status: 200, code: 'stranger' });
  t.is((await cli(t, ['get', 'a', '--identity', identity], { url: front.url })).code, 7);
  t.is((await cli(t, ['set', 'a', '1', '--identity', identity], { url: front.url })).code, 7);
});
