/** What no honest client sends, on a bare connection: nothing is smuggled in, answers stay in step, nothing hangs. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { call, get, set } from '../support/call.ts';
import { connectRaw, exchange } from '../support/raw-connection.ts';
import { errorsIn, startService } from '../support/start-service.ts';
import { storeKinds } from '../support/store-kinds.ts';

// What happens before a request reaches the store is the same for every kind.
const [kind] = storeKinds as [(typeof storeKinds)[number]];

const smuggled = 'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n{"smuggled":1}';
const post = (headers: string, body: string) => `POST /set HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;
const chunked = (body: string) => post('Transfer-Encoding: chunked\r\n', body);

/** A request each, ambiguous or malformed, with another one hidden in its body or behind it. */
const ambiguous: Readonly<Record<string, string>> = {
  'both lengths': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${smuggled}`),
  'both lengths, the other way round': post(
    'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n',
    `0\r\n\r\n${smuggled}`,
  ),
  'two lengths that differ': post('Content-Length: 0\r\nContent-Length: 80\r\n', smuggled),
  'a list of lengths': post('Content-Length: 0, 80\r\n', smuggled),
  'a length with a sign': post('Content-Length: +0\r\n', smuggled),
  'a length in hex': post('Content-Length: 0x0\r\n', smuggled),
  'a negative length': post('Content-Length: -1\r\n', smuggled),
  'a length beyond numbers': post(`Content-Length: ${'9'.repeat(30)}\r\n`, smuggled),
  'a space before the colon': post('Content-Length : 0\r\n', smuggled),
  'a folded header': post('X-Folded: a\r\n b\r\nContent-Length: 0\r\n', smuggled),
  'a folded encoding': post('Transfer-Encoding:\r\n chunked\r\n', `0\r\n\r\n${smuggled}`),
  'an unknown encoding': post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${smuggled}`),
  'chunked is not the last encoding': post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${smuggled}`),
  'an encoding twice': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', `0\r\n\r\n${smuggled}`),
  'an encoding with a control character': post('Transfer-Encoding: \x0bchunked\r\n', `0\r\n\r\n${smuggled}`),
  'a bare line feed': `POST /set HTTP/1.1\nHost: x\nContent-Length: 0\n\n${smuggled}`,
  'a bare carriage return': post('X: a\rContent-Length: 0\r\n', smuggled),
  'NUL in a header': post('X: a\0b\r\nContent-Length: 0\r\n', smuggled),
  'NUL in a name': post('X\0: a\r\nContent-Length: 0\r\n', smuggled),
  'a chunk size that is none': chunked(`g\r\n${smuggled}`),
  'a chunk size with a sign': chunked(`-1\r\n${smuggled}`),
  'a chunk size with a prefix': chunked(`0x0\r\n\r\n${smuggled}`),
  'a chunk size beyond numbers': chunked(`${'f'.repeat(20)}\r\n${smuggled}`),
  'a chunk without its end': chunked(`1\r\n{X${smuggled}`),
  'a chunk size ended by a line feed': chunked(`0\n\n${smuggled}`),
  'a chunk extension without end': chunked(`1;${'a'.repeat(20_000)}`),
  'a version with two digits': `POST /set HTTP/1.10\r\nHost: x\r\n\r\n${smuggled}`,
  'another version, 2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${smuggled}`,
  'another version, 2 as text': `POST /set HTTP/2.0\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"old":1}${smuggled}`,
  'another version, 2 as text, without Host': `GET / HTTP/2.0\r\n\r\n${smuggled}`,
  'another version, unknown': `GET / HTTP/9.9\r\nHost: x\r\n\r\n${smuggled}`,
  'no version': `GET /livez\r\n\r\n${smuggled}`,
  'white space before the first header': `POST /set HTTP/1.1\r\n Host: x\r\n\r\n${smuggled}`,
  'an empty header name': post(': x\r\nContent-Length: 0\r\n', smuggled),
};

for (const [name, text] of Object.entries(ambiguous)) {
  test(`${name}: refused, and nothing behind it is served`, async (t) => {
    const service = await startService(t, kind, { requestTimeout: 400, headersTimeout: 400, keepAliveTimeout: 300 });
    const answer = await exchange(t, service, Buffer.from(text, 'latin1'));
    const statuses = statusesOf(answer);
    t.true(statuses.length <= 1, answer);
    const isOtherVersion = name.startsWith('another version');
    t.true((isOtherVersion ? ['505'] : ['', '400', '408', '413', '431']).includes(statuses[0] ?? ''), answer);
    t.is((await get(service, 'smuggled')).status, 404);
    t.deepEqual(errorsIn(service), []);
    t.false(
      service.logged.some(({ msg }) => msg === 'request failed'),
      'what a client did has no line',
    );
  });
}

/** Odd, but said unambiguously: the answer, and the next request on the same connection is the next request. */
const odd: Readonly<Record<string, readonly [request: string, status: string]>> = {
  'chunk extensions': [chunked('7;a=b;c="d"\r\n{"a":1}\r\n0;x\r\n\r\n'), '200'],
  trailers: [chunked('7\r\n{"a":1}\r\n0\r\nX-Trailer: Content-Length\r\n\r\n'), '200'],
  'leading zeros of a chunk size': [chunked('00007\r\n{"a":1}\r\n00\r\n\r\n'), '200'],
  'the absolute form': ['GET http://other.example/livez HTTP/1.1\r\nHost: x\r\n\r\n', '200'],
  'a key of dots': ['GET /get/../livez HTTP/1.1\r\nHost: x\r\n\r\n', '404'],
  'NUL, escaped': ['GET /get/a%00b HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
  'half a surrogate, escaped': ['GET /get/%ED%A0%80 HTTP/1.1\r\nHost: x\r\n\r\n', '400'],
  'a body that is no UTF-8': [post('Content-Length: 9\r\n', '{"a":"\xff"}'), '400'],
  'half a surrogate in a key': [post('Content-Length: 12\r\n', '{"\\ud800":1}'), '400'],
  'a body of a read': [
    'GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 80\r\n\r\n'.concat(smuggled.padEnd(80)),
    '200',
  ],
  'a body of an unknown path': [
    `POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 80\r\n\r\n${smuggled.padEnd(80)}`,
    '404',
  ],
  'a refused write': [
    `POST /set HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: cross-site\r\nContent-Length: 80\r\n\r\n${smuggled.padEnd(80)}`,
    '403',
  ],
};

for (const [name, [request, status]] of Object.entries(odd)) {
  test(`${name}: ${status}, and the connection stays in step`, async (t) => {
    const service = await startService(t, kind);
    await set(service, { marker: 42 });
    const next = 'GET /get/marker HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    const answer = await exchange(t, service, Buffer.from(request + next, 'latin1'));
    t.deepEqual(statusesOf(answer), [status, '200'], answer);
    t.regex(answer, /\r\n\r\n42$/);
    t.is((await get(service, 'smuggled')).status, 404);
    t.deepEqual(errorsIn(service), []);
  });
}

for (const [name, request] of [
  ['a read', `GET /livez HTTP/1.1\r\nHost: x\r\n${upgrade('websocket')}\r\n`],
  ['a read, to HTTP/2', `GET /livez HTTP/1.1\r\nHost: x\r\n${upgrade('h2c')}\r\n`],
  ['a write', post(`${upgrade('h2c')}Content-Length: 7\r\n`, '{"a":1}')],
  ['a read with a body', `GET /livez HTTP/1.1\r\nHost: x\r\n${upgrade('h2c')}Content-Length: 3\r\n\r\nabc`],
] as const) {
  // One after the other: of what comes in one piece with such a request, nothing is served.
  test(`${name} that asks for an upgrade is answered without one, and the connection stays in step`, async (t) => {
    const service = await startService(t, kind);
    await set(service, { marker: 42 });
    const connection = await connectRaw(t, service);
    for (let i = 1; i <= 3; i++) {
      connection.send(request);
      t.is(statusesOf(await connection.until(new RegExp(`(HTTP/1.1 200[^]*){${i}}`))).length, i);
    }
    connection.send('GET /get/marker HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    t.regex(await connection.closed(), /\r\n\r\n42$/);
  });
}

for (const [name, request] of [
  ['a read', `GET /livez HTTP/1.1\r\nHost: x\r\n${upgrade('h2c')}\r\n`],
  ['a write', post(`${upgrade('h2c')}Content-Length: 7\r\n`, '{"a":1}')],
] as const) {
  for (const ahead of ['', 'GET /get/marker HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const position = ahead === '' ? 'first' : 'second';
    test(`${name} that asks for an upgrade, ${position} of several in one piece: its answer closes the connection`, async (t) => {
      const service = await startService(t, kind);
      await set(service, { marker: 42 });
      const connection = await connectRaw(t, service);
      connection.send(`${ahead}${request}GET /get/marker HTTP/1.1\r\nHost: x\r\n\r\n`);
      // Without it, the client would wait here for what it has sent.
      const answer = await connection.closed();
      t.is(statusesOf(answer).length, ahead === '' ? 1 : 2, answer);
      t.is(answer.match(/^Connection: close\r$/gm)?.length, 1, answer);
    });
  }
}

function upgrade(protocol: string): string {
  return `Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMAAABk\r\n`;
}

/** A request with the status of its answer. */
type Step = readonly [request: string, status: string];
const host = 'HTTP/1.1\r\nHost: x\r\n';
const body = (text: string) => `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const steps: readonly Step[] = [
  [`GET /get/marker ${host}\r\n`, '200'],
  [`GET /get/none ${host}\r\n`, '404'],
  [`HEAD /get/marker ${host}\r\n`, '200'],
  [`GET /search?prefix=mark ${host}\r\n`, '200'],
  [`GET /search ${host}\r\n`, '400'],
  [`GET / ${host}\r\n`, '200'],
  [`POST /set ${host}${body('{"other":"HTTP/1.1 999 x"}')}`, '200'],
  [`POST /set ${host}Transfer-Encoding: chunked\r\n\r\n3\r\n{"o\r\n8\r\nther":1}\r\n0\r\n\r\n`, '200'],
  [`POST /set ${host}${body('{')}`, '400'],
  [`PUT /set ${host}${body('{"other":1}')}`, '405'],
  [`POST /get/marker ${host}${body(smuggled)}`, '405'],
  [`GET /get/%zz ${host}\r\n`, '400'],
];

test('pipelines of any requests, in pieces of any size, are answered in step', async (t) => {
  const service = await startService(t, kind);
  await set(service, { marker: 42 });
  const pipeline = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(pipeline, cuts, async (sent, sizes) => {
      const last = `GET /get/marker ${host}Connection: close\r\n\r\n`;
      const text = sent.map(([request]) => request).join('') + last;
      const connection = await connectRaw(t, service);
      connection.socket.setNoDelay();
      for (let at = 0, i = 0; at < text.length; i++) {
        const size = sizes[i % sizes.length] ?? 1;
        connection.send(text.slice(at, at + size));
        at += size;
        if (i % 7 === 0) await new Promise(setImmediate);
      }
      const answer = await connection.closed();
      t.deepEqual(statusesOf(answer), [...sent.map(([, status]) => status), '200']);
    }),
    { numRuns: 40 },
  );
  t.is((await get(service, 'smuggled')).status, 404);
  t.deepEqual(errorsIn(service), []);
});

test('requests with bytes changed, cut out or doubled are answered or refused, and the service lives', async (t) => {
  const service = await startService(t, kind, { requestTimeout: 300, headersTimeout: 300, keepAliveTimeout: 200 });
  const edit = fc.record({
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    remove: fc.integer({ min: 0, max: 4 }),
    insert: fc.oneof(
      fc.constantFrom('\r\n', '\r', '\n', '\0', ' ', ':', '%', '\x7f', '\xff'),
      fc.string({ maxLength: 3 }),
    ),
  });
  const random = fc.tuple(fc.constantFrom(...steps), fc.array(edit, { minLength: 1, maxLength: 3 }));
  const exchanges = fc.array(random, { minLength: 8, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(exchanges, async (all) => {
      await Promise.all(all.map(([[request], edits]) => checkMutant(t, service, mutate(request, edits))));
      return (await call(service, '/livez')).status === 200;
    }),
    { numRuns: 15 },
  );
  t.deepEqual(errorsIn(service), []);
});

interface Edit {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

function mutate(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { at, remove, insert }) => {
    const position = Math.floor(at * before.length);
    return before.slice(0, position) + insert + before.slice(position + remove);
  }, text);
}

/** Whatever is sent, what comes is whole answers, or nothing. */
async function checkMutant(t: ExecutionContext, service: { readonly port: number }, text: string): Promise<void> {
  const connection = await connectRaw(t, service);
  connection.send(Buffer.from(text, 'latin1'));
  connection.socket.end();
  const answer = await connection.closed();
  t.true(answer === '' || /^HTTP\/1\.1 \d{3} /.test(answer), JSON.stringify({ text, answer }));
  t.false(statusesOf(answer).includes('500'), JSON.stringify({ text, answer }));
}

/** The statuses of the answers, by the lengths they announce: what looks like an answer inside of a body is none. */
function statusesOf(text: string): string[] {
  const statuses: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const status = /^HTTP\/1\.1 (\d{3}) /.exec(rest)?.[1];
    if (status === undefined || end === -1) return [...statuses, `out of step: ${rest.slice(0, 80)}`];
    statuses.push(status);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(rest.slice(0, end))?.[1] ?? 0);
    rest = rest.slice(end + 4);
    // An answer to HEAD announces a length and has no body.
    if (!/^HTTP\/1\.1 /.test(rest)) rest = rest.slice(length);
  }
  return statuses;
}
