/** What the server answers by itself to what is no request, or not all of one. */
import test from 'ava';
import { assertRawProblem } from '../support/assert-problem.ts';
import { connectRaw, exchange } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

const [kind] = storeKinds as [(typeof storeKinds)[number]];

/** Lines of the head, but for those that differ with the body and the code. */
function headersOf(answer: string): readonly string[] {
  const [, ...lines] = answer.slice(0, answer.indexOf('\r\n\r\n')).split('\r\n');
  return lines
    .map((line) => line.replace(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/, 'Date'))
    .filter((line) => !/^(Content-Length|Allow): /.test(line))
    .toSorted();
}

test('they have the headers of every problem', async (t) => {
  const service = await startService(t, kind, { identity: 'a' });
  const hasty = await startService(t, kind, { identity: 'a', headersTimeout: 300 });
  const usual = headersOf(await exchange(t, service, 'GET /unknown HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
  t.true(usual.includes('Cache-Control: no-store') && usual.includes('Date'), usual.join('\n'));
  for (const [status, text] of [
    [400, 'rubbish\r\n\r\n'],
    [405, 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
    [408, 'GET / HTTP/1.1\r\nHost: x\r\n'],
    [431, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
  ] as const) {
    const answer = await exchange(t, status === 408 ? hasty : service, text);
    t.regex(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    t.deepEqual(headersOf(answer), usual, String(status));
  }
});

test('they say what is wrong: characters in the target, a request that ends early, no HTTP', async (t) => {
  const service = await startService(t, kind);
  const post = 'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n';
  for (const [text, detail] of [
    ['GET /get/é HTTP/1.1\r\nHost: x\r\n\r\n', /percent-encoded/],
    ['GET /search?prefix=é HTTP/1.1\r\nHost: x\r\n\r\n', /percent-encoded/],
    ['GET /get/a HTTP/1.1\r\nHo', /ended/],
    [`${post}{"a":`, /ended/],
    ['POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"', /ended/],
    ['rubbish\r\n\r\n', /not an HTTP\/1\.1 request/],
    ['POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /not an HTTP\/1\.1 request/],
  ] as const) {
    const { socket, closed } = await connectRaw(t, service, { allowHalfOpen: true });
    // The client ends its side, and still reads.
    socket.end(text);
    t.regex(assertRawProblem(t, await closed(), 'invalid-request'), detail, text);
  }
});
