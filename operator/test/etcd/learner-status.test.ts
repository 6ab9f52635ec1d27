import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { memberClient } from '../../src/etcd/member-client.ts';
import { etcdNames } from '../../src/etcd/names.ts';
import { issueAuthority, issueLeaf } from '../../src/etcd/tls/issue.ts';
import { profileOf } from '../../src/etcd/tls/secrets.ts';
import { kvstoreWith } from './samples.ts';

test('a learner has a status, though it refuses to tell alarms', async (t) => {
  const authority = await issueAuthority('test', new Date());
  const { certificate, key } = await issueLeaf(authority, profileOf('member', etcdNames(kvstoreWith())), new Date());
  const server = createServer({ cert: certificate, key }, (request, response) => {
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
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = { ca: authority.certificate, certificate, key };
  const status = await memberClient({ url, serverName: 'localhost' }, identity).status();
  t.like(status, { memberId: '5', isLearner: true, alarms: [] });
});
