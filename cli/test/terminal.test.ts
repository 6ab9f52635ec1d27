/** What others wrote into a store does nothing to a terminal, and comes out of a pipe as it is. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { hasActingCharacters } from '../../test-support/acting-characters.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { printable } from '../src/printable.ts';
import { runCli } from './support/in-process.ts';
import { oneStore } from './support/store.ts';

/** One of each kind: ESC, CR, newline, DEL, C1's CSI, an override, an isolate, a separator, a tag. */
const hostile = '\u001b]0;x\u0007\r\n\u007f\u009b31m\u202eevil\u2066\u2028\u{e0041}';

const store = oneStore(test);
const key = `k${hostile}`;

async function seed(): Promise<void> {
  const body = `{${JSON.stringify(key)}:"\u007f\u009b31m\u202eevil\u2066\u2028\u{e0041}"}`;
  const { ok, status } = await fetch(`${store.url}/set`, { method: 'POST', body });
  if (!ok) throw new Error(`${status}`);
}

const commands: readonly (readonly string[])[] = [
  ['get', key],
  ['get', key, '--json'],
  ['search', '--prefix', 'k'],
  ['search', '--prefix', 'k', '--json'],
  ['search', '--prefix', 'k', '--values'],
  ['export', '--quiet'],
];
for (const args of commands) {
  const title = args.map((word) => (word === key ? 'KEY' : word)).join(' ');
  test.serial(`${title}: escaped on a terminal, untouched in a pipe`, async (t) => {
    await seed();
    const { url } = store;
    const seen = await runCli(args, { url, terminal: true });
    t.is(seen.code, 0, seen.stderr);
    t.false(hasActingCharacters(seen.stdout));
    t.is(seen.stdout.split('\n').length, 2, 'one line');
    t.regex(seen.stdout, /\\u009b/);
    const piped = await runCli(args, { url });
    t.true(piped.stdout.includes('\u009b31m\u202eevil\u2066'), piped.stdout);
    if (title.includes('json') || args[0] === 'export') t.deepEqual(JSON.parse(seen.stdout), JSON.parse(piped.stdout));
  });
}

test.serial('watch: the same', async (t) => {
  const { url } = store;
  for (const terminal of [true, false]) {
    const until = async (seen: { readonly stdout: string }) => {
      await waitFor('a change is shown', async () => {
        await seed();
        return seen.stdout.includes('\n');
      });
    };
    const { stdout } = await runCli(['watch'], { url, terminal, until });
    t.is(hasActingCharacters(stdout), !terminal, stdout);
    t.true(stdout.includes(terminal ? '\\u009b31m\\u202eevil' : '\u009b31m\u202eevil'));
  }
});

async function answering(t: ExecutionContext, body: string): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'application/problem+json' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('messages are escaped wherever they go, and are one line', async (t) => {
  const problem = { type: 'urn:kvstore:problem:invalid-key', title: 'Not a key', status: 400 };
  const ours = JSON.stringify({ ...problem, code: 'invalid-key', detail: `d${hostile}` });
  const { code, stderr } = await runCli(['get', 'a'], { url: await answering(t, ours) });
  t.is(code, 1);
  t.false(hasActingCharacters(stderr));
  t.is(stderr.trimEnd().split('\n').length, 1);
  const other = await runCli(['get', 'a'], { url: await answering(t, `c${hostile}`) });
  t.false(hasActingCharacters(other.stderr));
  t.is(other.stderr.trimEnd().split('\n').length, 1);
  t.regex(stderr, /d\\u001b\]0;x\\u0007\\u000d\\u000a/);
  const usage = await runCli([`--no\u001b[31m`], { url: 'http://127.0.0.1:1' });
  t.false(hasActingCharacters(usage.stderr));
});

test('text of all scripts and emoji stay as they are', (t) => {
  const plain = 'Ünïcödé, 漢字, العربية, नमस्ते, می‌خواهم, 👩‍👩‍👧, "\\u0041"';
  t.is(printable(plain), plain);
});
