/** Each request of the warm-up does what it is there for: one that is refused warms up nothing but the refusal. */
import test from 'ava';
import { readConfig } from '../../src/config.ts';
import { createService } from '../../src/service.ts';
import { Caller, isWhole } from '../../src/warm-up/caller.ts';
import { filling, readKept, round, withToken } from '../../src/warm-up/samples.ts';
import { openStandIn } from '../../src/warm-up/stand-in.ts';

const kinds: Readonly<Record<string, Record<string, string>>> = {
  embedded: {},
  'embedded, with tokens': { KV_TOKENS_FILE: '/not/read' },
  etcd: { KV_ETCD_ENDPOINTS: 'http://127.0.0.1:1' },
  'with all that leads to others or keeps them out': {
    ...{ KV_HOSTS: 'a.example', KV_METRICS_PORT: '0', KV_PEERS_URL: 'http://127.0.0.1:1', KV_IDENTITY: 'a/b/c' },
    ...{ KV_TLS_CERT_FILE: '/not/read', KV_TLS_KEY_FILE: '/not/read', KV_TLS_CLIENT_CA_FILE: '/not/read' },
  },
};

for (const [kind, env] of Object.entries(kinds)) {
  test.serial(`every shape is answered as meant (${kind})`, async (t) => {
    const config = readConfig(env);
    await using standIn = await openStandIn(config, createService);
    using caller = await Caller.connect(standIn.port);
    const call = (request: string) => caller.call(withToken(request, standIn.token));
    const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    t.is(statusOf(await call(filling())), 200);
    const [, etag = ''] = /\r\netag: (\S+)/i.exec(await call(readKept())) ?? [];
    for (const i of [0, 1, 7]) {
      const statuses: number[] = [];
      for (const request of round(i, etag)) statuses.push(statusOf(await call(request)));
      const reads = [...Array.from({ length: 16 }, () => 200), 200, 304, 200, 200, 404, 200];
      t.deepEqual(statuses, [...reads, 200, 200, 200, 200, 200, 200, 200, 200, 200, 400, 204, 200, 200]);
    }
  });
}

test('an answer is known to be whole by its length, its last chunk, or its status', (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n';
  t.false(isWhole('HTTP/1.1 200 OK\r\nContent-'));
  t.false(isWhole(`${head}ab`));
  t.true(isWhole(`${head}abc`));
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  t.false(isWhole(`${chunked}1\r\na\r\n`));
  t.true(isWhole(`${chunked}1\r\na\r\n0\r\n\r\n`));
  t.true(isWhole('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'));
});
