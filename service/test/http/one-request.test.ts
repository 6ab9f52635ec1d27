import { Problem } from '@kvstore/core/problem.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { around } from '../support/around.ts';
import { connectRaw } from '../support/raw-connection.ts';
import { startService } from '../support/start-service.ts';
import { contractTest } from '../support/store-kinds.ts';

const post = (body: string, headers = '', target = '/set') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;

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
  await waitFor('it is in the index', () => service.store.get('é')?.value === '"in two pieces"');
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

contractTest(
  'each answer on one connection is the one to its own request, with bodies that the service does not read',
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
