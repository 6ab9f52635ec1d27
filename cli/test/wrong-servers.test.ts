/** What answers at the URL is not a KvStore: no command takes it for one, and each says what was received. */
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { runCli } from './support/in-process.ts';

const login = '<!doctype html>\n<title>Log in</title>';
const etag = '"k3f9a2xq-7"';

interface Wrong {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the message says was received. */
  readonly said: RegExp;
}

const wrongs: Readonly<Record<string, Wrong>> = {
  'a page with 200': {
    status: 200,
    headers: { 'Content-Type': 'text/html' },
    body: login,
    said: /200 with text\/html, "<!doctype html> <title>/,
  },
  'a page with our ETag': {
    status: 200,
    headers: { 'Content-Type': 'text/html', ETag: etag },
    body: login,
    said: /200 with text\/html/,
  },
  'JSON of another service': {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: '{"ok":true}',
    said: /200 with application\/json/,
  },
  'JSON with another ETag': {
    status: 200,
    headers: { 'Content-Type': 'application/json', ETag: '"abc"' },
    body: '1',
    said: /200 with application\/json/,
  },
  '200 without a body': {
    status: 200,
    headers: { 'Content-Length': '0' },
    said: /200 with no Content-Type, without a body/,
  },
  '200 with our headers and no body': {
    status: 200,
    headers: { 'Content-Type': 'application/json', ETag: etag, 'Content-Length': '0' },
    said: /without a body/,
  },
  '204': { status: 204, said: /204 with no Content-Type/ },
  '206': { status: 206, headers: { 'Content-Type': 'application/json', ETag: etag }, body: '1', said: /206/ },
  'a redirect to a login page': {
    status: 302,
    headers: { Location: 'https://login.example.com/?to=kv' },
    said: /it redirects \(302\) to https:\/\/login\.example\.com\/\?to=kv/,
  },
  'a redirect to TLS': {
    status: 308,
    headers: { Location: 'https://kv.example.com/' },
    said: /308.*use that as --url/,
  },
  'a 304 that was not asked for': { status: 304, headers: { ETag: etag }, said: /304/ },
  "a proxy's 404": {
    status: 404,
    headers: { 'Content-Type': 'text/plain' },
    body: '404 page not found',
    said: /404 with text\/plain, "404 page not found"/,
  },
  "another API's 404": {
    status: 404,
    headers: { 'Content-Type': 'application/problem+json' },
    body: '{"type":"about:blank","code":"key-not-found"}',
    said: /404/,
  },
  "a proxy's 412": { status: 412, headers: { 'Content-Type': 'text/html' }, body: login, said: /412/ },
  "a proxy's 400": { status: 400, headers: { 'Content-Type': 'text/html' }, body: login, said: /400/ },
};

const commands: readonly (readonly string[])[] = [
  ['get', 'a'],
  ['get', 'a/b', '--json'],
  ['set', 'a', '1'],
  ['set', 'a', '1', '--if-absent'],
  ['delete', 'a'],
  ['search', '--prefix', ''],
  ['search', '--prefix', '', '--values'],
  ['watch'],
  ['whoami'],
  ['export'],
  ['import', '-'],
];

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${await listen(server)}`;
}

for (const [title, { status, headers = {}, body = '', said }] of Object.entries(wrongs)) {
  test(`${title}: every command ends with 9 and says so`, async (t) => {
    const url = await serve(t, (request, response) => {
      request.resume();
      response.writeHead(status, headers).end(body);
    });
    const folder = temporaryFolder(t);
    for (const args of [...commands, ['backup', folder, '--keep', '1'], ['export', `${folder}/x`]]) {
      // A watch has no entity tag; export takes lines, whose body may be empty.
      const { code, stdout, stderr } = await runCli(args, { url, input: '{"key":"a","value":1}\n' });
      t.deepEqual({ code, stdout }, { code: 9, stdout: '' }, `${args.join(' ')}: ${stderr}`);
      t.true(stderr.includes(`not a KvStore at ${url}/: `), stderr);
      t.regex(stderr, said, args.join(' '));
      t.is(stderr.trimEnd().split('\n').length, 1);
    }
  });
}

test('a token goes to the configured origin alone, whatever the answer redirects to', async (t) => {
  const seen: string[] = [];
  const other = await serve(t, (request, response) => {
    seen.push(`${request.headers.authorization}`);
    response.end();
  });
  const url = await serve(t, (_, response) => {
    response.writeHead(307, { Location: `${other}/set` }).end();
  });
  t.is((await runCli(['set', 'a', '1', '--token', 'secret'], { url })).code, 9);
  t.deepEqual(seen, []);
});

test('what speaks no HTTP, or no TLS, is said at once', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.end('SSH-2.0-OpenSSH_9.2\r\n');
  });
  t.teardown(() => server.close());
  const port = await listen(server);
  const ssh = await runCli(['get', 'a'], { url: `http://127.0.0.1:${port}` });
  t.is(ssh.code, 9);
  t.regex(ssh.stderr, /what it answers is no HTTP/);
  const plain = await serve(t, (_, response) => response.end());
  const tls = await runCli(['get', 'a'], { url: plain.replace('http', 'https') });
  t.is(tls.code, 9, tls.stderr);
  t.regex(tls.stderr, /does not speak TLS\. Try http:\/\//);
});

test('a body that is cut short is no value, however it is framed', async (t) => {
  const head = { 'Content-Type': 'application/json', ETag: etag };
  const short: Readonly<Record<string, RequestListener>> = {
    length: (_, response) => {
      response.writeHead(200, { ...head, 'Content-Length': '100' });
      response.write('{"a":1', () => response.destroy());
    },
    chunks: (_, response) => {
      response.writeHead(200, head);
      response.write('{"a":1', () => response.destroy());
    },
    'HTTP/1.0': (_, response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { ...head, Connection: 'close' });
      response.end('{"a":1');
    },
  };
  for (const [framing, listener] of Object.entries(short)) {
    const url = await serve(t, listener);
    const { code, stdout } = await runCli(['get', 'a', '--retry-for', '0'], { url });
    t.true(code === 6 || code === 9, `${framing}: ${code}`);
    t.is(stdout, '', framing);
  }
});

test("a proxy's errors that may pass are tried again, and 413 makes an import's requests smaller", async (t) => {
  let calls = 0;
  const url = await serve(t, (request, response) => {
    request.resume();
    if (++calls === 1) response.writeHead(502, { 'Content-Type': 'text/html' }).end(login);
    else response.writeHead(200, { 'Content-Type': 'application/json', ETag: etag }).end('1');
  });
  t.like(await runCli(['get', 'a'], { url }), { code: 0, stdout: '1\n' });
  const sizes: number[] = [];
  const small = await serve(t, async (request, response) => {
    let bytes = 0;
    for await (const piece of request) bytes += piece.length;
    sizes.push(bytes);
    if (bytes > 50) response.writeHead(413, { 'Content-Type': 'text/html' }).end(login);
    else response.writeHead(200, { 'Content-Type': 'application/json', ETag: etag }).end('{}');
  });
  const input = Array.from({ length: 20 }, (_, i) => `{"key":"key-${i}","value":${i}}\n`).join('');
  t.like(await runCli(['import'], { url: small, input }), { code: 0 });
  t.true(sizes.length > 3);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['localhost:8080', /"localhost:8080" is no http or https URL; did you mean http:\/\/localhost:8080\?/],
  ['kv.example.com', /did you mean http:\/\/kv\.example\.com\?/],
  ['127.0.0.1:8080', /did you mean http:\/\/127\.0\.0\.1:8080\?/],
  ['ftp://kv', /"ftp:\/\/kv" is no http or https URL\n/],
  ['/x', /"\/x" is no http or https URL\n/],
  ['//kv.example.com', /"\/\/kv\.example\.com" is no http or https URL; did you mean http:\/\/kv\.example\.com\?/],
  ['http://admin:hunter2@kv', /user name or a password, which are not used; .*--token-file/],
  ['http://token@kv', /user name or a password/],
  ['http://kv/?a=1', /query or a fragment/],
];
for (const [url, said] of refused) {
  test(`the URL ${url} is refused with a hint`, async (t) => {
    const { code, stderr } = await runCli(['get', 'a'], { url });
    t.is(code, 2);
    t.regex(stderr, said);
    t.false(stderr.includes('hunter2'));
  });
}

test('a store that cannot be reached: short commands give up after 5 s, and long ones after a minute', async (t) => {
  // A port that was free a moment ago.
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  for (const name of ['get', 'set', 'delete', 'search', 'export', 'watch']) {
    const { stdout } = await runCli([name, '--help'], { url: '' });
    const expected = ['export', 'watch'].includes(name) ? 60 : 5;
    t.regex(stdout.replaceAll(/\s+/g, ' '), new RegExp(`busy \\(default: ${expected}\\)`), name);
  }
  const { code, stderr } = await runCli(['get', 'a', '--retry-for', '0'], { url: `http://127.0.0.1:${port}` });
  t.is(code, 6);
  t.regex(stderr, /ECONNREFUSED/);
});
