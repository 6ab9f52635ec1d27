import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { assertProblem } from '../../support/assert-problem.ts';
import { call, set, singleConnection } from '../../support/call.ts';
import { connectRaw } from '../../support/raw-connection.ts';
import { errorsIn, type Service, startService } from '../../support/start-service.ts';
import { contractTest } from '../../support/store-kinds.ts';

const maxBody = 64 * 1024;

/** A set of one pair whose body has so many bytes. */
function bodyOf(bytes: number): string {
  const around = '{"a":""}'.length;
  return `{"a":"${'x'.repeat(bytes - around)}"}`;
}

async function activeRequests({ registry }: Service): Promise<number | undefined> {
  const metric = await registry.getSingleMetric('http_server_active_requests')?.get();
  return metric?.values[0]?.value;
}

contractTest('a body over the limit gets a 413 that the client reads; the connection goes on', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  t.is((await set(service, bodyOf(maxBody))).status, 200);
  const before = await call(service, '/');
  for (const size of [maxBody + 1, 10 * maxBody, 300 * maxBody]) {
    for (const chunked of [false, true]) {
      const agent = singleConnection(t);
      const answer = await set(service, bodyOf(size), { chunked, agent });
      const detail = assertProblem(t, answer, 'body-too-large');
      t.true(detail.includes(String(maxBody)), detail);
      t.regex(detail, chunked ? /has \d+ or more\.$/ : new RegExp(`has ${size}\\.$`));
      const next = await call(service, '/', { agent });
      t.is(next.text, before.text);
      t.is(next.connection, answer.connection);
    }
  }
});

contractTest(
  'a client that closes its connection afterwards reads a 413 as well, however much it still sends',
  async (t, kind) => {
    const service = await startService(t, kind, { maxBody });
    for (let i = 0; i < 5; i++) {
      for (const chunked of [false, true]) {
        assertProblem(t, await set(service, bodyOf(300 * maxBody), { chunked }), 'body-too-large');
      }
    }
  },
);

contractTest('a compressed body is inflated, and measured as it is then', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  const body = bodyOf(maxBody);
  const encodings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, identity: Buffer.from };
  for (const [encoding, encode] of Object.entries(encodings)) {
    const send = (text: string) =>
      call(service, '/set', { body: encode(Buffer.from(text)), headers: { 'Content-Encoding': encoding } });
    t.is((await send(body)).text, body, encoding);
    assertProblem(t, await send(bodyOf(maxBody + 1)), 'body-too-large');
  }
});

contractTest('a gzip bomb is a 413, and so is a long compressed upload', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  const headers = { 'Content-Encoding': 'gzip' };
  const bombs = [
    gzipSync(bodyOf(40_000_000)),
    // Does not shrink, and is longer than what the connection and the inflater hold.
    gzipSync(randomBytes(8_000_000)),
  ];
  for (const bomb of bombs) {
    for (const chunked of [false, true]) {
      const agent = singleConnection(t);
      const answer = await call(service, '/set', { body: bomb, headers, chunked, agent });
      assertProblem(t, answer, 'body-too-large');
      const next = await call(service, '/', { agent });
      t.is(next.text, '{}');
      t.is(next.connection, answer.connection);
    }
  }
});

contractTest('a body that cannot be decoded is refused', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  const send = (body: Buffer, encoding: string) =>
    call(service, '/set', { body, headers: { 'Content-Encoding': encoding } });
  const whole = gzipSync('{"a":1}');
  const broken = Buffer.from(whole);
  broken[broken.length - 5] = (broken[broken.length - 5] ?? 0) ^ 0xff;
  for (const body of [Buffer.from('{"a":1}'), whole.subarray(0, -1), whole.subarray(0, 4), broken]) {
    assertProblem(t, await send(body, 'gzip'), 'invalid-body');
  }
  for (const encoding of ['zstd', 'x', 'gzip, gzip']) {
    assertProblem(t, await send(whole, encoding), 'unsupported-encoding');
  }
  t.is((await call(service, '/')).text, '{}');
});

contractTest('Expect: 100-continue: told to go on, or not to send at all', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  const head = (length: number) =>
    `POST /set HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  const fits = await connectRaw(t, service);
  fits.send(head(7));
  t.is(await fits.until(/\r\n\r\n/), 'HTTP/1.1 100 Continue\r\n\r\n');
  fits.send('{"a":1}');
  t.regex(await fits.until(/\{"a":1\}$/), /\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  const refused = await connectRaw(t, service);
  refused.send(head(maxBody + 1));
  t.regex(await refused.closed(), /^HTTP\/1\.1 413 /);
});

contractTest('an unknown expectation is ignored', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  t.is((await set(service, { a: 1 }, { headers: { Expect: 'tea' } })).text, '{"a":1}');
});

contractTest('a client that goes away during its upload leaves nothing behind', async (t, kind) => {
  const service = await startService(t, kind, { maxBody });
  for (const encoding of ['identity', 'gzip']) {
    const connection = await connectRaw(t, service);
    connection.send(
      `POST /set HTTP/1.1\r\nHost: x\r\nContent-Encoding: ${encoding}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const beginning = gzipSync('{"a":1}').subarray(0, 12);
    connection.send(Buffer.concat([Buffer.from('c\r\n'), beginning, Buffer.from('\r\n')]));
    await waitFor('the request', async () => (await activeRequests(service)) === 1);
    connection.socket.destroy();
    await waitFor(`the end of the ${encoding} request`, async () => (await activeRequests(service)) === 0, {
      timeout: 10_000,
    });
  }
  t.is((await call(service, '/')).text, '{}');
  t.deepEqual(errorsIn(service), []);
});

contractTest('a coding without a body is answered, and so is what is behind it', async (t, kind) => {
  const service = await startService(t, kind);
  for (const coding of ['gzip', 'br', 'identity']) {
    const connection = await connectRaw(t, service);
    connection.send(`POST /set HTTP/1.1\r\nHost: x\r\nContent-Encoding: ${coding}\r\n\r\n`);
    connection.send('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    t.regex(await connection.closed(), /^HTTP\/1\.1 400 [\s\S]*HTTP\/1\.1 200 /, coding);
  }
});

contractTest(
  'a body that is refused before it has come is read to its end, also while the server drains',
  async (t, kind) => {
    const service = await startService(t, kind, { maxBody });
    const body = bodyOf(200 * maxBody);
    const head = (more: string) => `POST /set HTTP/1.1\r\nHost: x\r\n${more}Content-Length: ${body.length}\r\n\r\n`;
    for (const drains of [false, true]) {
      if (drains) service.drain.begin();
      for (const more of ['', 'Connection: close\r\n']) {
        const connection = await connectRaw(t, service);
        connection.socket.pause();
        await new Promise<void>((resolve, reject) => {
          connection.socket.once('error', reject);
          connection.socket.write(head(more) + body, () => resolve());
        });
        connection.socket.resume();
        t.regex(await connection.until(/"code":"body-too-large"/), /^HTTP\/1\.1 413 /);
      }
    }
  },
);
