/** Keys that a proxy would clean out of a path: the command line asks for the key that was meant, or for none. */
import { createServer, request as httpRequest } from 'node:http';
import { posix } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { runCli } from './support/in-process.ts';
import { oddKeys } from './support/pairs.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);

/** A proxy that decodes paths and cleans them, as Traefik and nginx do, and hands on what is left. */
async function startCleaningProxy(t: ExecutionContext, target: string): Promise<string> {
  const server = createServer((request, response) => {
    const [path = '/', query] = (request.url ?? '/').split('?');
    const cleaned = posix.normalize(decodeURIComponent(path));
    const url = `${encodeURI(cleaned)}${query === undefined ? '' : `?${query}`}`;
    const onward = httpRequest(`${target}${url}`, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

const keys = [
  ...new Set([
    ...oddKeys,
    'a/../b',
    '../x',
    './x',
    'a//b',
    '/a',
    'a/',
    '%2e%2e',
    '%2F',
    'a.b.html',
    'a;b',
    '...',
    '..a',
  ]),
];

test.serial('each key comes back through a proxy that cleans paths', async (t) => {
  const proxied = await startCleaningProxy(t, store.url);
  for (const [i, key] of keys.entries()) {
    t.is((await runCli(['set', key, `${i}`], { url: proxied })).code, 0, key);
  }
  for (const [i, key] of keys.entries()) {
    for (const url of [store.url, proxied]) {
      t.like(await runCli(['get', key], { url }), { code: 0, stdout: `${i}\n` }, key);
      const { stdout } = await runCli(['get', key, '--json'], { url });
      const pair = JSON.parse(stdout);
      t.like(pair, { key, value: i });
      t.is(pair.version, `${pair.version.split('-')[0]}-${pair.revision}`);
    }
  }
  const { stdout } = await runCli(['get', 'a/../b', '--json'], { url: proxied });
  const { version } = JSON.parse(stdout);
  t.is((await runCli(['delete', 'a/../b', '--if-match', version], { url: proxied })).code, 0);
  t.is((await runCli(['get', 'a/../b'], { url: proxied })).code, 3);
  for (const key of keys.slice(1)) t.like(await runCli(['delete', key], { url: proxied }), { code: 0 }, key);
});

test.serial('a key that is not there is not found, though others begin with it', async (t) => {
  const proxied = await startCleaningProxy(t, store.url);
  for (const key of ['../x', 'a//b', '..z', 'b']) t.is((await runCli(['set', key, '1'], { url: store.url })).code, 0);
  for (const key of ['..', '.', '../', 'a//', 'a/b', '/', '//']) {
    const { code, stdout, stderr } = await runCli(['get', key], { url: proxied });
    t.deepEqual({ code, stdout }, { code: 3, stdout: '' }, key);
    t.regex(stderr, /key-not-found/);
  }
});

test.serial('what is no key is refused before anything is sent', async (t) => {
  for (const key of ['', 'é'.repeat(513)]) {
    for (const args of [
      ['get', key],
      ['set', key, '1'],
      ['delete', key],
    ]) {
      t.is((await runCli(args, { url: 'http://127.0.0.1:1' })).code, 2, args.join(' '));
    }
  }
});
