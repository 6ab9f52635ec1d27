/** POST /get: many values of one state. */
import { waitFor } from '../../../test-support/wait-for.ts';
import { assertProblem } from '../support/assert-problem.ts';
import { type CallOptions, call, get, set } from '../support/call.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { samples } from '../support/samples.ts';
import { type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';
import { bearer, reader, someTokens, writer } from '../support/tokens.ts';

const ask = (service: Service, keys: unknown, options: CallOptions & { query?: string } = {}) =>
  call(service, `/get${options.query ?? ''}`, { ...options, body: JSON.stringify(keys) });

const lines = { headers: { Accept: 'application/x-ndjson' } };

contractTest('the pairs that exist come in the order asked for, each once', async (t, kind) => {
  const service = await startService(t, kind);
  const written = await set(service, '{"a":1,"b":{"x":1.0},"10":"ten","9":"nine"}');
  const answer = await ask(service, ['9', 'never', 'b', '10', 'a', 'b', '9']);
  t.is(answer.status, 200);
  t.is(answer.text, '{"9":"nine","b":{"x":1.0},"10":"ten","a":1}');
  t.is(answer.headers.etag, written.headers.etag);
  t.is(answer.headers['content-type'], 'application/json');
  t.is(answer.headers['cache-control'], 'no-store');
  t.is((await ask(service, ['never'])).text, '{}');
  t.is((await ask(service, ['never'], lines)).text, '');
  t.is((await ask(service, ['a'], { query: '?consistency=stale' })).text, '{"a":1}');
  const series = 'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/get"';
  const seen = [...(await samples(service))].find(([name]) => name.startsWith(series));
  t.is(seen?.[1], 4, 'its metrics have its route');
});

contractTest('as lines, each pair has its revision and when it expires', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 1 });
  await call(service, '/set?ttl=1000', { body: '{"b":[2]}' });
  const answer = await ask(service, ['b', 'never', 'a'], lines);
  t.is(answer.headers['content-type'], 'application/x-ndjson');
  const [b, a] = answer.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual([b.key, b.value, a.key, a.value], ['b', [2], 'a', 1]);
  t.true(b.expires > 0);
  t.false('expires' in a);
  for (const { key, revision } of [a, b]) {
    const { etag } = (await get(service, key)).headers;
    t.is(etag, String(answer.headers.etag).replace(/-\d+-lines"$/, `-${revision}"`), 'a condition of a write');
  }
});

contractTest('any key survives in the body', async (t, kind) => {
  const service = await startService(t, kind);
  const keys = ['.', '..', 'a//b', '/', '%2F', '__proto__', '🎈', 'é', '?', ' ', '"', '\u0001', 'k'.repeat(1024)];
  await set(service, pairsOf(keys));
  t.is((await ask(service, keys)).text, pairsOf(keys));
  for (const [i, key] of keys.entries()) {
    t.is((await ask(service, [key])).text, `{${JSON.stringify(key)}:${i}}`, 'escaped in the body or not');
  }
  const escaped = await call(service, '/get', { body: '["\\u002f","\\u003f","\\u0001"]' });
  t.is(escaped.text, '{"/":3,"?":8,"\\u0001":11}');
});

function pairsOf(keys: readonly string[]): string {
  return `{${keys.map((key, i) => `${JSON.stringify(key)}:${i}`).join(',')}}`;
}

contractTest('what is no list of keys is refused, and the problem names the item', async (t, kind) => {
  const service = await startService(t, kind);
  const detail = async (body: string, code: 'invalid-body' | 'invalid-key') =>
    assertProblem(t, await call(service, '/get', { body }), code);
  for (const body of ['', '{', '{"keys":["a"]}', '"a"', 'null', '1', '[]', '["a"] x'])
    await detail(body, 'invalid-body');
  for (const item of ['1', 'null', '["a"]', '{"key":"a"}', 'true']) {
    t.is(await detail(`["a","b",${item}]`, 'invalid-body'), 'A key is a string; item 2 is not.');
  }
  t.is(await detail('["a",""]', 'invalid-key'), 'A key has at least 1 byte; this one is empty. It is item 1.');
  t.is(await detail('["\\u0000"]', 'invalid-key'), 'A key has no NUL character; this one does. It is item 0.');
  await detail(`["${'é'.repeat(513)}"]`, 'invalid-key');
  await detail('["\\ud800"]', 'invalid-key');
  const many = Array.from({ length: 10_001 }, (_, i) => `k${i}`);
  t.is(await detail(JSON.stringify(many), 'invalid-body'), 'The body has at most 10000 keys; this one has 10001.');
  t.is((await ask(service, many.slice(1))).text, '{}');
  assertProblem(t, await ask(service, ['a'], { query: '?versions=true' }), 'invalid-query');
  assertProblem(t, await ask(service, ['a'], { query: '?consistency=none' }), 'invalid-query');
  const large = await startService(t, kind, { maxBody: 100 });
  assertProblem(t, await ask(large, ['k'.repeat(100)]), 'body-too-large');
  assertProblem(t, await ask(large, ['a'], { headers: { 'Content-Encoding': 'x' } }), 'unsupported-encoding');
  assertProblem(t, await call(service, '/get'), 'method-not-allowed');
});

contractTest('a token that may read may ask; a page of another site may not, not even by a form', async (t, kind) => {
  const service = await startService(t, kind, { tokens: await someTokens(t) });
  await set(service, { a: 1 }, { headers: bearer(writer) });
  t.is((await ask(service, ['a'], { headers: bearer(reader) })).text, '{"a":1}');
  assertProblem(t, await ask(service, ['a']), 'unauthorized');
  assertProblem(t, await call(service, '/delete', { body: '["a"]', headers: bearer(reader) }), 'read-only-token');
  const form = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
  const pages: readonly Readonly<Record<string, string>>[] = [
    { 'Sec-Fetch-Site': 'cross-site', ...form },
    { Origin: 'http://evil.example' },
  ];
  for (const from of pages) {
    assertProblem(t, await ask(service, ['a'], { headers: { ...bearer(reader), ...from } }), 'cross-site');
  }
});

contractTest('a read is no line of the audit log, but a refused one is', async (t, kind) => {
  const options = { tokens: await someTokens(t), audit: { auditLog: 'all' } } as const;
  const service = await startService(t, kind, options);
  await ask(service, ['a'], { headers: bearer(reader) });
  await ask(service, ['a']);
  const noted = service.logged.filter(({ msg }) => msg === 'audit');
  t.deepEqual(
    noted.map((line) => [line.action, line['http.response.status_code']]),
    [['refused', 401]],
  );
});

contractTest('all of it is one state, also where it is sent in slices', async (t, kind) => {
  const service = await startService(t, kind);
  const keys = Array.from({ length: 60 }, (_, i) => `k${i}`);
  const write = async (value: string) => {
    for (let i = 0; i < keys.length; i += 20) {
      await set(service, Object.fromEntries(keys.slice(i, i + 20).map((key) => [key, value])));
    }
  };
  const [old, next] = ['o'.repeat(40_000), 'n'.repeat(40_000)];
  await write(old);
  const connection = await connectRaw(t, service);
  const body = JSON.stringify(keys);
  connection.send(
    `POST /get HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await connection.until(/"k0":"o/);
  await write(next);
  const text = await connection.closed();
  t.false(text.includes('nnnn'));
  t.is(text.match(/"k\d+":"o/g)?.length, keys.length);
  t.true((await ask(service, keys)).text.startsWith('{"k0":"nnn'));
});

contractTest('many keys, there and not there, agree with single reads', async (t, kind) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 3000; i += 100) {
    await set(service, Object.fromEntries(Array.from({ length: 100 }, (_, j) => [`k${i + j}`, i + j])));
  }
  const keys = Array.from({ length: 10_000 }, (_, i) => `k${(i * 7) % 10_000}`);
  const expected = keys.filter((key) => Number(key.slice(1)) < 3000).map((key) => `"${key}":${key.slice(1)}`);
  t.is((await ask(service, keys)).text, `{${expected.join(',')}}`);
  const coded = await ask(service, keys, { headers: { 'Accept-Encoding': 'gzip' } });
  t.is(coded.headers['content-encoding'], 'gzip');
});

contractTest('long ones are bounded with the other long reads, and give their places back', async (t, kind) => {
  const service = await startService(t, kind, { maxStreams: 1 });
  // More than the system takes for a client that reads nothing.
  const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
  for (const key of keys) await set(service, { [key]: 'x'.repeat(1_000_000) });
  const body = JSON.stringify(keys);
  const slow = await connectRaw(t, service);
  t.true((await ask(service, keys)).text.length > 20_000_000);
  slow.socket.pause();
  slow.send(`POST /get HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await waitFor('a refusal', async () => (await ask(service, keys)).status === 503);
  assertProblem(t, await ask(service, keys), 'overloaded');
  t.is((await ask(service, ['never'])).text, '{}', 'short ones go on');
  slow.socket.destroy();
  await waitFor('its place', async () => (await ask(service, keys)).status === 200);
});
