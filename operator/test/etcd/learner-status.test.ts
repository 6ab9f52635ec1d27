import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { methodOf } from '@kvstore/etcd/schema.ts';
import test from 'ava';
import { listenGrpc } from '../../../test-support/network/listen-grpc.ts';
import { memberClient } from '../../src/etcd/members/client.ts';
import { etcdNames } from '../../src/etcd/names.ts';
import { issueAuthority, issueLeaf } from '../../src/etcd/tls/issue.ts';
import { profileOf } from '../../src/etcd/tls/secrets.ts';
import { kvstoreWith } from './samples.ts';

type Done = sendUnaryData<object>;

test('a learner has a status, though it refuses to tell alarms', async (t) => {
  const authority = await issueAuthority('test', new Date());
  const { certificate, key } = await issueLeaf(authority, profileOf('member', etcdNames(kvstoreWith())), new Date());
  const maintenance = { status: methodOf('Maintenance', 'status'), alarm: methodOf('Maintenance', 'alarm') };
  const server = new Server();
  server.addService(maintenance, {
    status: (_: ServerUnaryCall<object, object>, done: Done) =>
      done(null, { header: { member_id: 5, cluster_id: 1 }, version: '3.6.16', leader: 4, isLearner: true }),
    alarm: (_: ServerUnaryCall<object, object>, done: Done) =>
      done({ code: status.UNAVAILABLE, details: 'etcdserver: rpc not supported for learner' }),
  });
  const pair = { cert_chain: Buffer.from(certificate), private_key: Buffer.from(key) };
  const port = await listenGrpc(server, ServerCredentials.createSsl(null, [pair]));
  t.teardown(() => server.forceShutdown());
  const identity = { ca: authority.certificate, certificate, key };
  const client = memberClient({ url: `https://127.0.0.1:${port}`, serverName: 'localhost' }, identity);
  t.like(await client.status(), { memberId: '5', isLearner: true, alarms: [] });
});
