import { Problem } from '../../src/errors.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** What differs from one answer to the next. */
const changing = /^Date: .*\r\n/gim;

const requests = [
  'GET /get/plain HTTP/1.1\r\nHost: x\r\n',
  'HEAD /get/plain HTTP/1.1\r\nHost: x\r\n',
  'GET /get/missing HTTP/1.1\r\nHost: x\r\n',
  'GET /get/ HTTP/1.1\r\nHost: x\r\n',
  'GET /get/a/b//c HTTP/1.1\r\nHost: x\r\n',
  'GET /get/a%2Fb//c HTTP/1.1\r\nHost: x\r\n',
  'GET /get/%AF HTTP/1.1\r\nHost: x\r\n',
  'GET /get/plain?consistency=stale HTTP/1.1\r\nHost: x\r\n',
  'GET /get/plain?consistency=none HTTP/1.1\r\nHost: x\r\n',
  'GET /get/plain HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n',
  'GET /get/plain HTTP/1.1\r\nHost: x\r\nIf-None-Match: "0"\r\n',
  'GET /get/text HTTP/1.1\r\nHost: x\r\n',
  `GET /get/${'k'.repeat(1024)} HTTP/1.1\r\nHost: x\r\n`,
  `GET /get/${'k'.repeat(1025)} HTTP/1.1\r\nHost: x\r\n`,
  'GET /get/plain HTTP/1.1\r\n',
  'GET http://x/get/plain HTTP/1.1\r\nHost: x\r\n',
  'GET /get/__proto__ HTTP/1.1\r\nHost: x\r\n',
];

contractTest('the short way and the route give the same answers, headers included', async (t, kind) => {
  const hot = await startService(t, kind, { hotReads: true });
  const routed = await startService(t, kind, { hotReads: false });
  const pairs = { plain: 1, 'a/b//c': [1, 2], text: 'Grüße, 🎈', ['k'.repeat(1024)]: null };
  for (const { store } of [hot, routed]) {
    await store.set(Object.entries(pairs).map(([key, value]) => ({ key, value: JSON.stringify(value) })));
  }
  for (const request of requests) {
    const answers: string[] = [];
    for (const service of [hot, routed]) {
      const connection = await connectRaw(t, service);
      connection.send(`${request}Connection: close\r\n\r\n`);
      const answer = await connection.closed();
      // The two stores have revisions of their own.
      const etag = `ETag: "${service.store.get('plain')?.version}"`;
      answers.push(answer.replace(changing, '').replace(etag, 'ETag'));
    }
    t.is(answers[0], answers[1], request);
    t.regex(answers[0] ?? '', /^HTTP\/1\.1 \d{3} /, request);
  }
});

contractTest('a read that cannot be made fresh fails after one wait, not two', async (t, kind) => {
  let barriers = 0;
  const service = await startService(t, kind, {
    around: (store) =>
      Object.assign(Object.create(store), {
        get: (key: string) => store.get(key),
        close: () => store.close(),
        barrier() {
          barriers++;
          return Promise.reject(new Problem('unavailable', 'No fresh read.'));
        },
      }),
  });
  const connection = await connectRaw(t, service);
  connection.send('GET /get/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const answer = await connection.closed();
  t.regex(answer, /^HTTP\/1\.1 503 /);
  t.regex(answer, /"code":"unavailable"/);
  t.is(barriers, 1);
});
