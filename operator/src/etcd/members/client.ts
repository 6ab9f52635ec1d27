/** One member, over gRPC and, for its probe, HTTPS. */
import type { AlarmResponse, MemberResponse, StatusResponse } from '@kvstore/etcd/messages.ts';
import type { ServiceName } from '@kvstore/etcd/schema.ts';
import { accessOf, changeAccess } from '../access/calls.ts';
import { alarms, type Identity, type Member, type MemberClient, type MemberStatus } from '../contract.ts';
import { type Call, type MemberAddress, withService } from './calls.ts';
import { getHttps } from './https-get.ts';

const probeMs = 2_000;
const callMs = 5_000;
/** A change of membership may have to wait for an election. */
const changeMs = 10_000;
/** A defragmentation rewrites the whole database: about 10 s a GiB on a slow disk, 8 GiB at most. */
const defragmentMs = 180_000;

export function memberClient(address: MemberAddress, identity: Identity): MemberClient {
  const use = <R>(service: ServiceName, action: (call: Call) => Promise<R>) =>
    withService(address, identity, service, action);
  const once = <T>(service: ServiceName, method: string, request: object, timeoutMs = callMs) =>
    use(service, (call) => call<T>(method, request, timeoutMs));
  return {
    async ready() {
      const { url, serverName } = address;
      return (await getHttps(`${url}/readyz`, { serverName, identity, timeoutMs: probeMs })) === 200;
    },
    status() {
      return use('Maintenance', async (call) => {
        const status = await call<StatusResponse>('status', {}, probeMs);
        // A learner refuses to tell alarms, and has no part in them.
        const raised = status.isLearner
          ? { alarms: [] }
          : await call<AlarmResponse>('alarm', { action: 'GET' }, probeMs);
        return statusOf(status, raised);
      });
    },
    async memberList() {
      const request = { linearizable: true };
      const { members } = await once<{ readonly members: readonly MemberResponse[] }>('Cluster', 'memberList', request);
      return members.map(memberOf);
    },
    async memberAdd(peerURL, learner) {
      const request = { peerURLs: [peerURL], isLearner: learner };
      const { member } = await once<{ readonly member: MemberResponse }>('Cluster', 'memberAdd', request, changeMs);
      return memberOf(member);
    },
    async memberPromote(id) {
      await once('Cluster', 'memberPromote', { ID: id }, changeMs);
    },
    async memberRemove(id) {
      await once('Cluster', 'memberRemove', { ID: id }, changeMs);
    },
    async moveLeader(targetId) {
      await once('Maintenance', 'moveLeader', { targetID: targetId }, changeMs);
    },
    async compact(revision) {
      await once('KV', 'compact', { revision: String(revision), physical: true }, defragmentMs);
    },
    async defragment() {
      await once('Maintenance', 'defragment', {}, defragmentMs);
    },
    async disarm(alarm, memberId) {
      await once('Maintenance', 'alarm', { action: 'DEACTIVATE', memberID: memberId, alarm });
    },
    access() {
      return use('Auth', (call) => accessOf(call, callMs));
    },
    changeAccess(change) {
      return use('Auth', (call) => changeAccess(call, change, changeMs));
    },
  };
}

function memberOf({ ID, name, peerURLs, clientURLs, isLearner }: MemberResponse): Member {
  return { id: ID, name, peerURLs, clientURLs, isLearner };
}

/** The alarm list names every member's alarms: only this member's count here. */
function statusOf(status: StatusResponse, alarmList: AlarmResponse): MemberStatus {
  const { header, leader, version, isLearner } = status;
  const raised = alarmList.alarms.filter(({ memberID }) => memberID === header.member_id).map(({ alarm }) => alarm);
  return {
    clusterId: header.cluster_id,
    memberId: header.member_id,
    leaderId: leader,
    version,
    isLearner,
    dbSize: Number(status.dbSize),
    dbSizeInUse: Number(status.dbSizeInUse),
    dbSizeQuota: Number(status.dbSizeQuota),
    revision: Number(header.revision),
    alarms: alarms.filter((alarm) => raised.includes(alarm)),
  };
}
