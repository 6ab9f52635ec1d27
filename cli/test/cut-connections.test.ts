/** Connections that live for longer than the patience, and are then cut: each cut is a new trouble. On a clock of the test's own. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import { listen } from '../../test-support/network/listen.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { runCli } from './support/in-process.ts';

const etag = '"k3f9a2xq-7"';
const json = { 'Content-Type': 'application/json', ETag: etag };

interface Server {
  readonly url: string;
  /** Targets of all requests. */
  readonly targets: string[];
}

async function serve(
  t: ExecutionContext,
  answer: (count: number, response: ServerResponse, request: IncomingMessage) => void,
): Promise<Server> {
  const targets: string[] = [];
  const server = createServer((request, response) => {
    // Only when all of it has arrived: a reset would take away what was answered.
    request.resume().on('end', () => {
      targets.push(`${request.url}`);
      answer(targets.length, response, request);
    });
  });
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, targets };
}

test('a watch of a quiet store outlives cuts that are further apart than its patience', async (t) => {
  let ahead = 0;
  const { url, targets } = await serve(t, (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(`: watching\nid: k3f9a2xq-7\n\n`, () => {
      ahead += 120_000;
      response.destroy();
    });
  });
  const { code, stdout, stderr } = await runCli(['watch', '--retry-for', '60'], {
    url,
    ahead: () => ahead,
    until: () => waitFor('the sixth connection', () => targets.length >= 6),
  });
  t.is(code, 130, stderr);
  t.is(stdout, '');
});

test('a watch whose connections end before any event is given up on', async (t) => {
  let ahead = 0;
  const { url, targets } = await serve(t, (_, response) => {
    ahead += 40_000;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end();
  });
  t.like(await runCli(['watch', '--retry-for', '60'], { url, ahead: () => ahead }), { code: 6 });
  t.is(targets.length, 3);
});

test('a watch that reads everything anew outlives cuts while each read brings news', async (t) => {
  let ahead = 0;
  const lines = [8, 9, 10, 11].map((revision) => `{"key":"k${revision}","value":1,"revision":${revision}}\n`);
  let watches = 0;
  let reads = 0;
  const { url } = await serve(t, (_, response, request) => {
    if (request.url === '/watch' && ++watches !== 2) {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(
        `: watching\nid: k3f9a2xq-${watches === 1 ? 7 : 11}\n\n`,
        () => watches === 1 && response.destroy(),
      );
    } else if (request.url === '/watch') {
      const body = '{"type":"urn:kvstore:problem:history-gone","code":"history-gone"}';
      response.writeHead(410, { 'Content-Type': 'application/problem+json' }).end(body);
    } else {
      response.writeHead(200, { ETag: '"k3f9a2xq-11-lines"', 'Content-Type': 'application/x-ndjson' });
      if (++reads === 4) response.end(`${lines.join('')}{"count":4}\n`);
      else {
        ahead += 120_000;
        // The last line may be the one with the count, and is not taken yet.
        response.write(lines.slice(0, reads + 1).join(''), () => response.destroy());
      }
    }
  });
  const until = () => waitFor('the third watch', () => watches === 3);
  const { code, stdout, stderr } = await runCli(['watch', '--retry-for', '60'], { url, ahead: () => ahead, until });
  t.is(code, 130, stderr);
  t.is(stdout, lines.join(''));
});

test('get --wait polls again after each cut, and for no longer than it was told', async (t) => {
  let ahead = 0;
  const cut = (response: ServerResponse): void => {
    ahead += 20_000;
    response.destroy();
  };
  const short = await serve(t, (count, response) => {
    if (count < 5) cut(response);
    else response.writeHead(200, json).end('1');
  });
  t.like(await runCli(['get', 'a', '--wait', '300'], { url: short.url, ahead: () => ahead }), {
    code: 0,
    stdout: '1\n',
  });
  t.is(short.targets.length, 5);
  const always = await serve(t, (_, response) => cut(response));
  t.like(await runCli(['get', 'a', '--wait', '50'], { url: always.url, ahead: () => ahead }), { code: 6 });
  const waits = always.targets.map((target) => Number(/wait=(\d+)/.exec(target)?.[1]));
  t.is(waits.at(-1), 0, 'the last poll asks for no time');
  t.true(
    waits.every((wait, i) => i === 0 || wait < (waits[i - 1] ?? 0)),
    waits.join(),
  );
});

for (const args of [['export'], ['search', '--prefix', '']]) {
  test(`${args[0]}: the client asks again when an answer is cut after longer than the patience`, async (t) => {
    let ahead = 0;
    const { url } = await serve(t, (count, response, request) => {
      if (count === 1) {
        ahead += 120_000;
        response.destroy();
      } else if (request.url?.startsWith('/search')) response.writeHead(200, json).end('[]');
      else response.writeHead(200, { ...json, 'Content-Type': 'application/x-ndjson' }).end('{"count":0}\n');
    });
    t.like(await runCli(args, { url, ahead: () => ahead }), { code: 0, stdout: '' });
  });
}

test('a body that is cut: how much of it came, and what that means for a write', async (t) => {
  const { url } = await serve(t, (_, response) => {
    response.writeHead(200, { ...json, 'Content-Length': '100' });
    response.write('{"a":1', () => response.destroy());
  });
  const once = ['--retry-for', '0'];
  const read = await runCli(['get', 'a', ...once], { url });
  t.is(read.code, 6);
  t.is(read.stderr, `kvstore-cli: ${url}/: the answer ends after 6 of 100 bytes (aborted)\n`);
  for (const args of [['set', 'a', '1'], ['delete', 'a'], ['incr', 'a'], ['transaction'], ['import']]) {
    const input = args[0] === 'import' ? '{"key":"a","value":1}\n' : '{"set":{"a":1}}';
    const { code, stdout, stderr } = await runCli([...args, ...once], { url, input });
    t.deepEqual({ code, stdout }, { code: 6, stdout: '' }, args[0]);
    t.regex(stderr, /ends after 6 of 100 bytes \(aborted\); the store has done the write\n/, args[0]);
  }
});

test('a write that is not answered: its outcome is unknown', async (t) => {
  const { url } = await serve(t, (_, response) => response.destroy());
  const { code, stderr } = await runCli(['incr', 'a'], { url });
  t.is(code, 6);
  t.regex(stderr, /; whether the store has done the write is unknown\n/);
  t.notRegex((await runCli(['get', 'a', '--retry-for', '0'], { url })).stderr, /write/);
});
