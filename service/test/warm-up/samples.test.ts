/** Each request of the warm-up does what it is there for: one that is refused warms up nothing but the refusal. */
import test from 'ava';
import { readConfig } from '../../src/config.ts';
import { createService } from '../../src/service.ts';
import { Caller, isWhole } from '../../src/warm-up/caller.ts';
import { filling, readKept, round } from '../../src/warm-up/samples.ts';
import { openStandIn } from '../../src/warm-up/stand-in.ts';

for (const KV_ETCD_ENDPOINTS of ['', 'http://127.0.0.1:1']) {
  const kind = KV_ETCD_ENDPOINTS === '' ? 'embedded' : 'etcd';
  test.serial(`every shape is answered as meant (${kind})`, async (t) => {
    const config = readConfig({
      KV_ETCD_ENDPOINTS,
      KV_TOKENS_FILE: '/none',
      KV_HOSTS: 'a.example',
      KV_METRICS_PORT: '0',
    });
    await using standIn = await openStandIn(config, createService);
    using caller = await Caller.connect(standIn.port);
    const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
    t.is(statusOf(await caller.call(filling())), 200);
    const [, etag = ''] = /\r\netag: (\S+)/i.exec(await caller.call(readKept())) ?? [];
    for (const i of [0, 1, 7]) {
      const statuses: number[] = [];
      for (const request of round(i, etag)) statuses.push(statusOf(await caller.call(request)));
      const reads = [...Array.from({ length: 16 }, () => 200), 200, 304, 200, 200, 404];
      t.deepEqual(statuses, [...reads, 200, 200, 200, 200, 200, 200, 200, 400, 204, 200, 200]);
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
