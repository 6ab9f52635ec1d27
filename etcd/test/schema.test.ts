import test from 'ava';
import { methodOf } from '../src/schema.ts';

test('a call is found by its name, under the path that etcd serves', (t) => {
  t.is(methodOf('Lease', 'leaseGrant').path, '/etcdserverpb.Lease/LeaseGrant');
  t.throws(() => methodOf('KV', 'leaseGrant'), { message: 'etcd.proto has no KV.leaseGrant.' });
});

test('a response lacks no field; numbers of 64 bits and enums are texts', (t) => {
  const { responseSerialize, responseDeserialize } = methodOf('Maintenance', 'status');
  const status = { header: { member_id: '18446744073709551615' }, version: '3.6.16', isLearner: true };
  t.deepEqual(responseDeserialize(responseSerialize(status)), {
    ...{ ...status, header: { cluster_id: '0', member_id: '18446744073709551615', revision: '0', raft_term: '0' } },
    ...{ dbSize: '0', leader: '0', raftIndex: '0', raftTerm: '0', dbSizeInUse: '0', dbSizeQuota: '0' },
  });
  const { responseSerialize: write, responseDeserialize: read } = methodOf('Maintenance', 'alarm');
  t.deepEqual(read(write({ alarms: [{ memberID: 5, alarm: 'NOSPACE' }] })), {
    alarms: [{ memberID: '5', alarm: 'NOSPACE' }],
  });
});
