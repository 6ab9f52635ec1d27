/** Answers in gzip and zstd: the same bytes, an entity tag of their own, and nothing for who does not ask. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { call, set } from '../support/call.ts';
import { openEvents } from '../support/event-stream.ts';
import { errorsIn, type Service, startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const many = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`key-${String(i).padStart(5, '0')}`, { i }]));

/** The answer as its bytes came. */
async function raw({ port }: Service, path: string, headers: Readonly<Record<string, string>>, method = 'GET') {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: Buffer }>((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, headers, method, agent: false }, async (response) => {
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) });
    });
    outgoing.once('error', reject).end();
  });
}

const large = [
  ...['/', '/?limit=500', '/search?prefix=key-', '/search?prefix=key-&values=true', '/search?suffix=1'],
  // Of those that are kept until a write changes them.
  '/search?prefix=key-000',
];

const decoders = { gzip: gunzipSync, zstd: zstdDecompressSync } as const;

/** The entity tag in a coding of what has this one as it is. */
const tagIn = (coding: keyof typeof decoders, etag: unknown) => String(etag).replace(/"$/, `-${coding}"`);

contractTest('a coding is given to who asks, with a tag of its own that holds for conditions', async (t, kind) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 3000; i += 100) await set(service, Object.fromEntries(Object.entries(many).slice(i, i + 100)));
  // More than once: what is kept ready is compressed once.
  for (const target of [...large, ...large]) {
    for (const accept of [
      'application/json',
      ...(target.startsWith('/?') || target === '/' ? ['application/x-ndjson'] : []),
    ]) {
      const plain = await raw(service, target, { accept });
      t.is(plain.headers['content-encoding'], undefined);
      for (const coding of ['gzip', 'zstd'] as const) {
        const coded = await raw(service, target, { accept, 'accept-encoding': `br;q=0.5, ${coding}` });
        t.is(coded.headers['content-encoding'], coding, target);
        t.true(coded.body.length < plain.body.length / 2, target);
        t.deepEqual(decoders[coding](coded.body), plain.body, target);
        t.is(coded.headers.etag, tagIn(coding, plain.headers.etag));
        for (const { headers } of [plain, coded]) t.regex(String(headers.vary), /Accept-Encoding/);
        for (const tag of [plain.headers.etag, coded.headers.etag]) {
          const conditions = { accept, 'accept-encoding': coding, 'if-none-match': String(tag) };
          const again = await raw(service, target, conditions);
          t.deepEqual([again.status, again.headers.etag], [304, tag], target);
          t.is((await raw(service, target, { accept, 'if-match': String(tag) })).status, 200, target);
        }
        const both = `${tagIn('gzip', plain.headers.etag)}, ${tagIn('zstd', plain.headers.etag)}`;
        const again = await raw(service, target, { accept, 'accept-encoding': coding, 'if-none-match': both });
        t.deepEqual([again.status, again.headers.etag], [304, coded.headers.etag], 'the one that it asks for');
        const head = await raw(service, target, { accept, 'accept-encoding': coding }, 'HEAD');
        t.is(head.headers['content-encoding'], coding);
        t.is(head.body.length, 0);
      }
    }
  }
  const { headers } = await raw(service, '/', { 'accept-encoding': 'zstd' });
  const watch = await openEvents(t, service, '/watch', {
    'Last-Event-ID': String(headers.etag).slice(1, -1),
    'accept-encoding': 'zstd',
  });
  t.is(watch.response.headers['content-encoding'], undefined);
  await set(service, { after: 1 });
  t.is((await watch.until(1)).length, 1);
});

contractTest('a dump that is kept ready and hardly shrinks is compressed on its way', async (t, kind) => {
  const service = await startService(t, kind);
  for (let i = 0; i < 16; i++) await set(service, { [`large-${i}`]: randomBytes(675_000).toString('base64') });
  let plain = await raw(service, '/', {});
  // Reading all of it takes some turns.
  await waitFor('it is kept ready', async () => {
    plain = await raw(service, '/', {});
    return plain.headers['content-length'] !== undefined;
  });
  for (const coding of ['gzip', 'zstd', 'gzip', 'zstd'] as const) {
    const coded = await raw(service, '/', { 'accept-encoding': coding });
    t.deepEqual([coded.headers['content-encoding'], coded.headers['content-length']], [coding, undefined]);
    t.is(coded.headers.etag, tagIn(coding, plain.headers.etag));
    t.true(coded.body.length < plain.body.length);
    t.true(decoders[coding](coded.body).equals(plain.body), coding);
  }
  t.deepEqual(errorsIn(service), []);
});

contractTest(
  'a 304 has a tag that the client named, of the current view and in a coding that it accepts',
  async (t, kind) => {
    const service = await startService(t, kind);
    await set(service, { a: 'x'.repeat(5000) });
    const off = await startService(t, kind, { compress: false });
    await set(off, { a: 'x'.repeat(5000) });
    for (const target of ['/', '/search?prefix=a&values=true']) {
      const tag = String((await raw(service, target, {})).headers.etag);
      const [gzip, zstd] = [tagIn('gzip', tag), tagIn('zstd', tag)];
      const other = '"k0000000-1-gzip"';
      for (const [named, accepted, held] of [
        [`${other}, ${tag}`, 'identity', tag],
        [`${other}, ${tag}`, 'gzip', tag],
        [`${other}, ${zstd}`, 'gzip, zstd', zstd],
        [`${tag}, ${gzip}`, 'gzip', gzip],
        [`${tag}, ${gzip}`, 'identity', tag],
        [`${zstd}, ${gzip}`, 'gzip', gzip],
        [`W/${gzip}`, 'gzip;q=0.1, identity', gzip],
        [gzip, '*', gzip],
        ['*', 'gzip', tag],
      ] as const) {
        const { status, headers } = await raw(service, target, { 'if-none-match': named, 'accept-encoding': accepted });
        t.deepEqual([status, headers.etag], [304, held], `${target} ${named} ${accepted}`);
      }
      for (const [named, accepted, coding] of [
        [gzip, 'identity', undefined],
        [gzip, 'gzip;q=0', undefined],
        [gzip, '', undefined],
        [gzip, 'zstd', 'zstd'],
        [zstd, 'gzip', 'gzip'],
        [zstd, '*', 'gzip'],
        [other, 'gzip', 'gzip'],
      ] as const) {
        const { status, headers } = await raw(service, target, { 'if-none-match': named, 'accept-encoding': accepted });
        t.deepEqual([status, headers['content-encoding']], [200, coding], `${target} ${named} ${accepted}`);
      }
      t.is((await raw(service, target, { 'if-none-match': gzip })).status, 200, 'what says nothing may take none');
      // Of a replica that still compressed.
      const before = tagIn('gzip', (await raw(off, target, {})).headers.etag);
      const again = await raw(off, target, { 'if-none-match': before, 'accept-encoding': 'gzip' });
      t.deepEqual([again.status, again.headers.etag], [304, before]);
    }
  },
);

contractTest('what is small, a single value, or not asked for stays as it is', async (t, kind) => {
  const service = await startService(t, kind);
  await set(service, { a: 'x'.repeat(5000), b: 1 });
  const zip = { 'accept-encoding': 'gzip' };
  const codingOf = async (target: string, headers: Record<string, string> = zip) =>
    (await raw(service, target, headers)).headers['content-encoding'];
  t.is(await codingOf('/get/a'), undefined);
  t.is(await codingOf('/search?prefix=b'), undefined);
  for (const target of ['/', '/metrics', '/openapi.json']) {
    t.is(await codingOf(target), 'gzip', target);
    for (const accepted of ['identity', 'gzip;q=0', 'br', 'gzip;q=0.1, identity']) {
      t.is(await codingOf(target, { 'accept-encoding': accepted }), undefined, accepted);
    }
    for (const [accepted, coding] of [
      ['gzip, deflate, br, zstd', 'zstd'],
      ['zstd;q=0.5, gzip', 'gzip'],
      ['gzip;q=0.5, ZSTD', 'zstd'],
      ['zstd;q=0, gzip', 'gzip'],
      ['*', 'gzip'],
    ] as const) {
      t.is(await codingOf(target, { 'accept-encoding': accepted }), coding, accepted);
    }
    t.is(await codingOf(target, {}), undefined);
  }
  const off = await startService(t, kind, { compress: false });
  await set(off, { a: 'x'.repeat(5000) });
  const answer = await raw(off, '/', zip);
  t.deepEqual([answer.headers['content-encoding'], answer.headers.vary], [undefined, 'Accept']);
});

contractTest(
  'a client that leaves in the middle of a compressed stream leaves nothing behind',
  async (t: ExecutionContext, kind) => {
    const service = await startService(t, kind);
    for (let i = 0; i < 20; i++) await set(service, { [`large-${i}`]: `${i}`.repeat(40_000) });
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const outgoing = request(
          {
            host: '127.0.0.1',
            port: service.port,
            path: '/?prefix=large',
            headers: { 'accept-encoding': i % 2 === 0 ? 'gzip' : 'zstd' },
            agent: false,
          },
          (response) => response.once('data', () => response.destroy()).once('close', resolve),
        );
        outgoing.on('error', () => resolve()).end();
      });
    }
    t.is((await call(service, '/?prefix=large-1&limit=1')).status, 200);
    await waitFor('all are counted', async () =>
      /http_server_active_requests 1\n/.test((await call(service, '/metrics')).text),
    );
    t.deepEqual(errorsIn(service), [], 'to leave is no error');
  },
);
