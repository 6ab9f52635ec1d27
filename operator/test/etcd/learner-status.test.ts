import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { memberClient } from '../../src/etcd/member-client.ts';

test('a learner has a status, though it refuses to tell alarms', async (t) => {
  const server = createServer((request, response) => {
    if (request.url !== '/v3/maintenance/status') {
      response.statusCode = 400;
      return response.end('{"code":9,"message":"etcdserver: rpc not supported for learner"}');
    }
    return response.end(
      '{"header":{"member_id":"5","cluster_id":"1"},"version":"3.6.16","leader":"4","isLearner":true}',
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const status = await memberClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).status();
  t.like(status, { memberId: '5', isLearner: true, alarms: [] });
});
