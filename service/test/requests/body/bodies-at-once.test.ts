/** Many clients whose bodies do not end: what they hold together is bounded, and others go on writing. */
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { assertRawProblem } from '../../support/assert-problem.ts';
import { call, get, set } from '../../support/call.ts';
import { connectRaw, type RawConnection } from '../../support/raw-connection.ts';
import { samples } from '../../support/samples.ts';
import { errorsIn, type Service, startService } from '../../support/start-service.ts';
import { storeKinds } from '../../support/store-kinds.ts';

// What happens before a request reaches the store is the same for every kind.
const [kind] = storeKinds as [(typeof storeKinds)[number]];
const mebibyte = 1024 ** 2;

async function sendBeginning(t: ExecutionContext, service: Service, headers: string, beginning: Buffer | string) {
  const connection = await connectRaw(t, service);
  connection.send(`POST /set HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
  connection.send(beginning);
  return connection;
}

const refusals = (connections: readonly RawConnection[]) =>
  connections.filter((connection) => connection.received().startsWith('HTTP/1.1 503')).length;

for (const [what, headers] of [
  ['of known length', `Content-Length: ${mebibyte}`],
  ['in chunks', 'Transfer-Encoding: chunked'],
  ['of 64 KiB each', `Content-Length: ${mebibyte / 16}`],
] as const) {
  test(`bodies ${what} that do not end: those that came first are ended, and others write`, async (t) => {
    const service = await startService(t, kind);
    const size = /64/.test(what) ? mebibyte / 16 : mebibyte;
    const beginning = 'x'.repeat(size - 100);
    const text = headers.startsWith('T') ? `${beginning.length.toString(16)}\r\n${beginning}` : beginning;
    const count = 40 * (mebibyte / size);
    const held: RawConnection[] = [];
    for (let i = 0; i < count; i++) held.push(await sendBeginning(t, service, headers, text));
    await waitFor('some are refused', () => refusals(held) > 0);
    const large = { large: 'x'.repeat(900_000) };
    await waitFor('another can write', async () => (await set(service, large)).status === 200);
    t.is((await set(service, { small: 1 })).status, 200);
    t.true(refusals(held) < count, 'not all are ended');
    const refused = held.find((connection) => connection.received() !== '');
    t.regex(refused?.received() ?? '', /^HTTP\/1\.1 503 .*\r\nRetry-After: 1\r\n.*"code":"overloaded"/s);
    t.deepEqual(errorsIn(service), []);
  });
}

test('compressed bodies without their end are not inflated: they hold what has come, and none is refused', async (t) => {
  const service = await startService(t, kind);
  const compressed = gzipSync(`{"a":"${'x'.repeat(mebibyte - 100)}"}`);
  const headers = `Content-Encoding: gzip\r\nContent-Length: ${compressed.length}`;
  const held: RawConnection[] = [];
  for (let i = 0; i < 200; i++) held.push(await sendBeginning(t, service, headers, compressed.subarray(0, -1)));
  t.is((await set(service, { large: 'x'.repeat(900_000) })).status, 200);
  // All ends at once: each counts as the largest body while it is inflated.
  for (const { send } of held) send(compressed.subarray(-1));
  await waitFor('all are answered', () => held.every((connection) => /\}"?\}?$/.test(connection.received())));
  const written = held.length - refusals(held);
  t.true(written > 0, 'some are written');
  t.is((await get(service, 'a')).status, 200);
  t.is((await set(service, { small: 1 })).status, 200);
});

test('what is announced and does not come takes nothing from others', async (t) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 100; i++) await sendBeginning(t, service, `Content-Length: ${mebibyte}`, '{');
  t.is((await set(service, { large: 'x'.repeat(900_000) })).status, 200);
});

test('a body in pieces without number is refused, and the connection ends; one in many pieces is taken', async (t) => {
  const service = await startService(t, kind);
  const body = JSON.stringify({ a: 'x'.repeat(4000) });
  const pieces = [...body].map((character) => `1\r\n${character}\r\n`).join('');
  const taken = await sendBeginning(t, service, 'Transfer-Encoding: chunked', `${pieces}0\r\n\r\n`);
  await taken.until(/x"\}$/);
  const words = `10\r\n{"a":"${'x'.repeat(10)}\r\n${'10\r\nxxxxxxxxxxxxxxxx\r\n'.repeat(50_000)}2\r\n"}\r\n0\r\n\r\n`;
  const many = await sendBeginning(t, service, 'Transfer-Encoding: chunked', words);
  await many.until(/x"\}$/);
  const refused = await sendBeginning(t, service, 'Transfer-Encoding: chunked', '1\r\nx\r\n'.repeat(40_000));
  t.regex(assertRawProblem(t, await refused.closed(), 'invalid-body'), /pieces of less than 16 bytes/);
  t.is((await call(service, '/livez')).status, 200);
});

test('small compressed bodies are written, however many come at once and wait for the store', async (t) => {
  const service = await startService(t, kind, { maxWait: 60_000 });
  const send = (i: number) => {
    const body = gzipSync(JSON.stringify({ [`small${i}`]: i }));
    return call(service, '/set', { body, headers: { 'Content-Encoding': 'gzip' } });
  };
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => send(i)));
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
});

test('clients that do not take the pairs they asked for by POST /get keep no body from arriving', async (t) => {
  const service = await startService(t, kind, { stallTimeout: 600_000 });
  // More than the system's buffers hold.
  const keys = Array.from({ length: 80 }, (_, i) => `k${i}`);
  for (const key of keys) t.is((await set(service, { [key]: 'x'.repeat(100_000) })).status, 200);
  // 33 of them would be all that bodies may hold.
  const body = JSON.stringify(keys).padEnd(1_010_000);
  const readers: RawConnection[] = [];
  for (let i = 0; i < 40; i++) {
    const reader = await connectRaw(t, service);
    reader.socket.once('data', () => reader.socket.pause());
    reader.send(`POST /get HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    readers.push(reader);
  }
  await waitFor('all answers have begun', () => readers.every((reader) => reader.received() !== ''));
  t.is((await set(service, { large: 'x'.repeat(900_000) })).status, 200);
  t.is((await samples(service)).get('http_server_active_requests'), readers.length + 1, 'none of them is cut for it');
  for (const { socket } of readers) socket.resume();
  await waitFor('all have taken theirs', () => readers.every((reader) => reader.received().endsWith('0\r\n\r\n')));
  t.true(readers.every((reader) => reader.received().startsWith('HTTP/1.1 200')));
});
