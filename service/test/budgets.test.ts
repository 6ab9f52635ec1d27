/**
 * For each kind of thing a client may do: clients that do their worst within the limits as shipped. The process stays below
 * what a container of 512 MiB allows, probes are answered, and another client goes on. How fast is for `npm run overload`.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { MemoryWatch } from '../../test-support/process-memory.ts';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { call, get, set, singleConnection } from './support/call.ts';

/** MiB of 512, less what the system takes for connections. */
const mostMemory = 480;
const mebibyte = 1024 ** 2;
const large = 'x'.repeat(mebibyte - 100);
const host = 'HTTP/1.1\r\nHost: localhost\r\n';
const post = (headers: string) => `POST /set ${host}${headers}\r\n\r\n`;

interface Attack {
  readonly port: number;
  /** A connection that sends this and reads nothing. */
  send(...parts: readonly (string | Buffer)[]): void;
}

const kinds: Readonly<Record<string, (attack: Attack) => Promise<void> | void>> = {
  'requests: 100 connections send 600 reads of a mebibyte ahead': ({ send }) => {
    for (let i = 0; i < 100; i++) send(`GET /get/large ${host}\r\n`.repeat(600));
  },
  'answers: 400 connections read a mebibyte eight times and take none': ({ send }) => {
    for (let i = 0; i < 400; i++) send(`GET /get/large ${host}\r\n`.repeat(8));
  },
  'bodies: 300 compressed ones without their end': ({ send }) => {
    const body = gzipSync(JSON.stringify({ a: large }));
    for (let i = 0; i < 300; i++) {
      send(post(`Content-Encoding: gzip\r\nContent-Length: ${body.length}`), body.subarray(0, -1));
    }
  },
  'bodies: 100 without their last byte, and 20 in pieces of one byte': ({ send }) => {
    const body = JSON.stringify({ a: large });
    for (let i = 0; i < 100; i++) send(post(`Content-Length: ${body.length}`), body.slice(0, -1));
    const pieces = '1\r\nx\r\n'.repeat(100_000);
    for (let i = 0; i < 20; i++) send(post('Transfer-Encoding: chunked'), pieces);
  },
  'bodies: 150 sets of a mebibyte at once, three times': ({ send }) => {
    const body = JSON.stringify({ a: large });
    const request = post(`Content-Length: ${body.length}`) + body;
    for (let i = 0; i < 150; i++) send(request, request, request);
  },
  'watches: 200 that read nothing of 40 sets of a mebibyte': async ({ port, send }) => {
    for (let i = 0; i < 200; i++) send(`GET /watch ${host}\r\n`);
    for (let i = 0; i < 40; i++) await set({ port }, { watched: large });
  },
  'dumps: 60 that read nothing, one after the other, with sets between them': async ({ port, send }) => {
    for (let i = 0; i < 60; i++) {
      send(`GET / ${host}\r\n`);
      if (i % 3 === 0) await set({ port }, { [`pair${i % 20}`]: `${i}${large.slice(9)}` });
    }
  },
  'searches: 200 with large values, and 400 through all keys': ({ send }) => {
    for (let i = 0; i < 200; i++) send(`GET /search?prefix=pair&values=true ${host}\r\n`);
    for (let i = 0; i < 400; i++) send(`GET /search?prefix=a&suffix=-S&limit=${i + 1} ${host}\r\n`);
  },
  'compressed answers: 700 searches with values that do not shrink, and 600 that do': async ({ port, send }) => {
    // Far more than the system takes for a connection, in values of 2 KB.
    for (let i = 0; i < 12; i++) {
      const values = Array.from({ length: 400 }, (_, j) => [`random${i}-${j}`, randomBytes(1500).toString('base64')]);
      await set({ port }, Object.fromEntries(values));
    }
    const gzip = `${host}Accept-Encoding: gzip\r\n`;
    for (let i = 0; i < 700; i++) send(`GET /search?prefix=random&values=true ${gzip}\r\n`);
    for (let i = 0; i < 600; i++) send(`GET /search?prefix=a&limit=${2000 + i} ${gzip}\r\n`.repeat(20));
  },
  'connections: 3000 that send nothing': ({ send }) => {
    for (let i = 0; i < 3000; i++) send();
  },
  'headers: 2000 of nearly 16 KiB without their end': ({ send }) => {
    for (let i = 0; i < 2000; i++) send(`GET / ${host}X: ${'x'.repeat(16_000)}`);
  },
  'metrics: 400 connections scrape 500 times ahead': ({ send }) => {
    for (let i = 0; i < 400; i++) send(`GET /metrics ${host}\r\n`.repeat(500));
  },
};

async function startFilled(t: ExecutionContext) {
  // The heap that Node gives itself in such a container.
  const service = await startService(t, {
    nodeArgs: ['--max-old-space-size=256'],
    env: { KV_DATA_DIR: await temporaryFolder(t), KV_MAX_WAIT: '1s' },
  });
  const target = { port: Number(new URL(service.url).port), pid: service.pid };
  for (let i = 0; i < 20; i++) await set(target, { [`pair${i}`]: large });
  await set(target, { large });
  for (let i = 0; i < 40; i++) {
    const numbers = Array.from({ length: 1000 }, (_, j) => 1000 * i + j);
    await set(target, Object.fromEntries(numbers.map((n) => [n % 2 === 0 ? `a${n}-x` : `b${n}-S`, n])));
  }
  return target;
}

function attackOn(t: ExecutionContext, port: number): Attack {
  const sockets: Socket[] = [];
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
  });
  return {
    port,
    send(...parts) {
      const socket = connect(port, '127.0.0.1');
      // To be cut is what they deserve.
      socket.on('error', () => {});
      socket.pause();
      for (const part of parts) socket.write(part);
      sockets.push(socket);
    },
  };
}

for (const [name, attack] of Object.entries(kinds)) {
  test.serial(name, async (t) => {
    const { port, pid } = await startFilled(t);
    using memory = new MemoryWatch(pid, 'RssAnon');
    const before = memory.now();
    await attack(attackOn(t, port));
    for (let i = 0; i < 20; i++) {
      for (const path of ['/livez', '/readyz']) t.is((await call({ port }, path)).status, 200, path);
      const small = { [`small${i}`]: i };
      // It may be told to come again, as everybody is while there is too much to do.
      await waitFor('another client sets', async () => (await set({ port }, small)).status === 200);
      await waitFor('another client reads', async () => (await get({ port }, `small${i}`)).text === String(i));
    }
    const agent = singleConnection(t);
    const written = async () => (await set({ port }, { another: large }, { agent })).status === 200;
    await waitFor('another client writes a mebibyte', written);
    t.log(`${before.toFixed()} MiB before, ${memory.most.toFixed()} MiB at the most`);
    t.true(memory.most < mostMemory, `${memory.most.toFixed()} MiB`);
  });
}
