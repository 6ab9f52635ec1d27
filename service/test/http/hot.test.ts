import { waitFor } from '../../../test-support/wait-for.ts';
import { Problem } from '../../src/errors.ts';
import { around } from '../support/around.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

/** What differs from one answer to the next. */
const changing = /^(Date|Age|KvStore-Replica): .*\r\n/gim;

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
  ...['/', '/?limit=1', '/?prefix=t', '/livez', '/readyz', '/unknown', '/delete', '/watch?prefix=a&prefix=b'].map(
    (target) => `GET ${target} HTTP/1.1\r\nHost: x\r\n`,
  ),
  'HEAD / HTTP/1.1\r\nHost: x\r\n',
  ...[
    'application/x-ndjson',
    '*/*',
    'application/json',
    'text/html',
    'application/json;q=0.1, application/x-ndjson',
  ].map((accept) => `GET / HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n`),
  'GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n',
  'GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: "0"\r\n',
  'GET / HTTP/1.0\r\n',
  'GET / HTTP/1.0\r\nHost: x\r\n',
  'GET /? HTTP/1.1\r\nHost: x\r\n',
  'GET http://x/ HTTP/1.1\r\nHost: x\r\n',
  'POST / HTTP/1.1\r\nHost: x\r\n',
  'POST /set HTTP/1.1\r\nHost: x\r\n',
  'POST /delete HTTP/1.1\r\nHost: x\r\n',
  ...[
    ...[
      'prefix=',
      'prefix=p',
      'prefix=none',
      'prefix=a/b',
      'prefix=a%2Fb',
      'prefix=a+b',
      'prefix=a&limit=1',
      'prefix=p?',
    ],
    ...['prefix=p&prefix=q', 'prefix=p=q', 'prefix=p#q', 'prefix=k', 'prefix=te&values=true', 'suffix=', 'suffix=c'],
    ...['suffix=n&prefix=p', 'suffix=%F0%9F%8E%88', 'suffix=k', 'PREFIX=p', 'prefix', 'prefix=p&consistency=stale', ''],
    `prefix=${'k'.repeat(1024)}`,
    `prefix=${'k'.repeat(1025)}`,
    `suffix=${'k'.repeat(1025)}`,
  ].map((query) => `GET /search?${query} HTTP/1.1\r\nHost: x\r\n`),
  'HEAD /search?prefix=p HTTP/1.1\r\nHost: x\r\n',
  'GET /search?prefix=p HTTP/1.1\r\nHost: x\r\nIf-None-Match: *\r\n',
  'GET /search?prefix=p HTTP/1.1\r\n',
  'DELETE /get/none HTTP/1.1\r\nHost: x\r\n',
];

const post = (body: string, headers = '', target = '/set') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

/** The last of them is what both stores hold in the end. */
const writes = [
  post('{"a":1}'),
  post('{"plain é 🎈":"a text é 🎈"}'),
  post('{"plain":-1.50e+3}'),
  post('{"plain":"an \\u00e9scape"}'),
  post('{"plain":01}'),
  post(`{"long":"${'x'.repeat(100_000)}"}`),
  post('{"é":"🎈", "b" : [1,  2.0, {"c": 1e400}]}'),
  post('\ufeff{"bom":1}'),
  post('{"a":1,"a":2}', 'Content-Type: text/plain\r\n'),
  post(''),
  post('{}'),
  post('{"a":'),
  post('[1]'),
  post('{"":1}'),
  post(`{"${'k'.repeat(1025)}":1}`),
  post('{"a":1}', 'Content-Encoding: identity\r\n'),
  post('{"a":1}', 'Content-Encoding: unknown\r\n'),
  post('{"a":1}', 'If-None-Match: *\r\n'),
  post('{"a":1}', 'If-Match: "0"\r\n'),
  post('{"a":1}', 'Sec-Fetch-Site: cross-site\r\n'),
  post('{"a":1}', 'Sec-Fetch-Site: none\r\n'),
  post('{"a":1}', 'Authorization: Bearer x\r\n'),
  post('{"a":1}', 'Expect: 100-continue\r\n'),
  post('{"a":1}', '', '/set?ttl=60'),
  post('{"a":1}', '', '/set?ttl=0'),
  post('{"a":1}', '', '/set/'),
  post('["none"]', '', '/delete'),
  'POST /set HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n7\r\n{"a":3}\r\n0\r\n\r\n',
  'POST /set HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\nConnection: close\r\n\r\n',
  'POST /set HTTP/1.1\r\nContent-Length: 7\r\nConnection: close\r\n\r\n{"a":1}',
  post('{"plain":5,"last":{"of":["all"]}}'),
];

/** What the two stores count for themselves. */
const revisions = /^ETag: .*\r\n/gim;

contractTest('the short way of sets and the route give the same answers, headers included', async (t, kind) => {
  const hot = await startService(t, kind, { hotReads: true });
  const routed = await startService(t, kind, { hotReads: false });
  for (const request of writes) {
    const answers: string[] = [];
    for (const service of [hot, routed]) {
      const connection = await connectRaw(t, service);
      connection.send(request);
      const answer = await connection.closed();
      if (/^HTTP\/1\.1 200 /m.test(answer)) t.regex(answer, revisions, request);
      answers.push(answer.replace(changing, '').replace(revisions, ''));
    }
    t.is(answers[0], answers[1], request);
    t.regex(answers[0] ?? '', /^HTTP\/1\.1 \d{3} /, request);
  }
  t.deepEqual(
    [...hot.store.pairs({})].map(({ key, value }) => [key, value]),
    [...routed.store.pairs({})].map(({ key, value }) => [key, value]),
  );
});

contractTest('a body in many pieces is one body, and one that ends early is none', async (t, kind) => {
  const service = await startService(t, kind);
  const connection = await connectRaw(t, service);
  const body = '{"é":"in two pieces"}';
  const [head, bytes] = [post(body).slice(0, -body.length), Buffer.from(body)];
  connection.send(head);
  for (const byte of bytes) {
    connection.socket.write(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  t.regex(await connection.closed(), /^HTTP\/1\.1 200 [\s\S]*:"in two pieces"\}$/);
  const early = await connectRaw(t, service);
  early.send(post('{"early":1}').slice(0, -1));
  early.socket.destroy();
  const failed =
    /http_server_request_duration_seconds_count\{http_request_method="POST",http_route="\/set",http_response_status_code="400"\} 1\n/;
  await waitFor('it is counted', async () => failed.test(await service.registry.metrics()));
  t.is(service.store.get('é')?.value, '"in two pieces"');
  t.is(service.store.get('early'), undefined);
  t.regex(await service.registry.metrics(), /^http_server_active_requests 0$/m);
});

contractTest('a write that fails is tried once, and answered by the route', async (t, kind) => {
  let sets = 0;
  const service = await startService(t, kind, {
    around: (store) =>
      around(store, {
        set() {
          sets++;
          return Promise.reject(new Problem('outcome-unknown', 'Not known.'));
        },
      }),
  });
  const connection = await connectRaw(t, service);
  connection.send(post('{"a":1}'));
  t.regex(await connection.closed(), /^HTTP\/1\.1 503 [\s\S]*"code":"outcome-unknown"/);
  t.is(sets, 1);
});

contractTest('the short way and the route give the same answers, headers included', async (t, kind) => {
  const hot = await startService(t, kind, { hotReads: true });
  const routed = await startService(t, kind, { hotReads: false });
  const pairs = { plain: 1, 'a/b//c': [1, 2], text: 'Grüße, 🎈', ['k'.repeat(1024)]: null };
  const compare = async (state: string) => {
    for (const request of requests) {
      const answers: string[] = [];
      for (const service of [hot, routed]) {
        const connection = await connectRaw(t, service);
        connection.send(`${request}Connection: close\r\n\r\n`);
        const answer = await connection.closed();
        // The two stores have revisions of their own.
        const own = [service.store.get('plain')?.version ?? 0, service.store.revision()];
        const etags = new RegExp(`ETag: "${service.store.timeline()}-(${own.join('|')})`, 'g');
        const lines = answer.replace(/"(revision)":\d+/g, '"$1":0');
        answers.push(lines.replace(changing, '').replace(etags, 'ETag'));
      }
      t.is(answers[0], answers[1], `${state}: ${request}`);
      t.regex(answers[0] ?? '', /^HTTP\/1\.1 \d{3} /, request);
    }
  };
  await compare('empty');
  for (const { store } of [hot, routed]) {
    await store.set(Object.entries(pairs).map(([key, value]) => ({ key, value: JSON.stringify(value) })));
  }
  await compare('read for the first time');
  await compare('read again');
  await compare('kept ready');
});

contractTest(
  'each answer on one connection is the one to its own request, with bodies that nobody reads',
  async (t, kind) => {
    const service = await startService(t, kind);
    await service.store.set([{ key: 'a', value: '"of a"' }]);
    const connection = await connectRaw(t, service);
    const withBody = 'Host: x\r\nContent-Length: 13\r\n\r\nGET /get/b /1';
    const bare = 'Host: x\r\n\r\n';
    for (let i = 0; i < 2; i++) {
      connection.send(`GET /get/a HTTP/1.1\r\n${withBody}GET / HTTP/1.1\r\n${bare}POST /set HTTP/1.1\r\n${bare}`);
      connection.send(`GET / HTTP/1.1\r\n${withBody}GET /search?prefix=a HTTP/1.1\r\n${bare}`);
      connection.send(`GET /get/none HTTP/1.1\r\n${withBody}`);
    }
    connection.send('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const answers = (await connection.closed()).split(/(?=HTTP\/1\.1 \d{3} )/);
    const bodies = answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4));
    const expected = ['"of a"', '{"a":"of a"}', '', '{"a":"of a"}', '["a"]'];
    t.is(bodies.length, 13);
    for (const [i, body] of bodies.slice(0, 12).entries()) {
      if (i % 6 === 2) t.regex(answers[i] ?? '', /^HTTP\/1\.1 400 [\s\S]*"code":"invalid-body"/);
      else if (i % 6 === 5) t.regex(answers[i] ?? '', /^HTTP\/1\.1 404 [\s\S]*"code":"key-not-found"/);
      else t.is(body, expected[i % 6] ?? '');
    }
  },
);

contractTest('a key that was looked for in vain is found once it is set, and not once it is gone', async (t, kind) => {
  const service = await startService(t, kind);
  const statuses: number[] = [];
  const look = async () => {
    for (let i = 0; i < 3; i++) {
      const answer = await fetch(`http://127.0.0.1:${service.port}/get/key`);
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
  };
  await look();
  await service.store.set([{ key: 'key', value: '1' }]);
  await look();
  await service.store.delete(['key']);
  await look();
  t.deepEqual(statuses, [404, 404, 404, 200, 200, 200, 404, 404, 404]);
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
