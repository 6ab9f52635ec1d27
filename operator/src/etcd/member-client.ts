/** One member over etcd's HTTP gateway (etcd.io/docs/v3.6/dev-guide/api_grpc_gateway). */
import type { Identity, Member, MemberClient, MemberStatus } from './contract.ts';
import { callHttps } from './https-call.ts';
import { MemberError } from './member-error.ts';
import { type JsonObject, objectsOf, parseObject, textOf, textsOf } from './member-json.ts';

const probeMs = 2_000;
const callMs = 5_000;
/** A change of membership may have to wait for an election. */
const changeMs = 10_000;
/** A defragmentation rewrites the whole database: about 10 s a GiB on a slow disk, 8 GiB at most. */
const defragmentMs = 180_000;

export interface MemberAddress {
  /** Of the member's client port, such as https://a-etcd-0.a-etcd.default.svc:2379 or one with the pod's address. */
  readonly url: string;
  /** The name that the member's certificate must have. */
  readonly serverName: string;
}

export function memberClient({ url, serverName }: MemberAddress, identity: Identity): MemberClient {
  const call = async (path: string, body: object, timeoutMs = callMs): Promise<JsonObject> => {
    const text = JSON.stringify(body);
    const response = await callHttps(`${url}/v3/${path}`, { body: text, serverName, identity, timeoutMs });
    const answer = parseObject(response.body);
    if (response.status === 200) return answer;
    const code = typeof answer.code === 'number' ? answer.code : undefined;
    throw new MemberError(`${path}: ${textOf(answer, 'message') ?? response.status}`, response.status, code);
  };
  return {
    async ready() {
      const { status } = await callHttps(`${url}/readyz`, { serverName, identity, timeoutMs: probeMs });
      return status === 200;
    },
    async status() {
      const status = await call('maintenance/status', {}, probeMs);
      // A learner refuses to tell alarms, and has no part in them.
      const alarms = status.isLearner === true ? {} : await call('maintenance/alarm', { action: 'GET' }, probeMs);
      return statusOf(status, alarms);
    },
    async memberList() {
      return objectsOf(await call('cluster/member/list', { linearizable: true }), 'members').map(memberOf);
    },
    async memberAdd(peerURL, learner) {
      const answer = await call('cluster/member/add', { peerURLs: [peerURL], isLearner: learner }, changeMs);
      const [added] = objectsOf({ members: [answer.member] }, 'members');
      if (added === undefined) throw new MemberError('cluster/member/add: no member in the answer', 200, undefined);
      return memberOf(added);
    },
    async memberPromote(id) {
      await call('cluster/member/promote', { ID: id }, changeMs);
    },
    async memberRemove(id) {
      await call('cluster/member/remove', { ID: id }, changeMs);
    },
    async moveLeader(targetId) {
      await call('maintenance/transfer-leadership', { targetID: targetId }, changeMs);
    },
    async compact(revision) {
      await call('kv/compaction', { revision: String(revision), physical: true }, defragmentMs);
    },
    async defragment() {
      await call('maintenance/defragment', {}, defragmentMs);
    },
    async disarm(alarm, memberId) {
      await call('maintenance/alarm', { action: 'DEACTIVATE', memberID: memberId, alarm });
    },
  };
}

function memberOf(member: JsonObject): Member {
  return {
    id: textOf(member, 'ID') ?? '',
    name: textOf(member, 'name') ?? '',
    peerURLs: textsOf(member, 'peerURLs'),
    clientURLs: textsOf(member, 'clientURLs'),
    isLearner: member.isLearner === true,
  };
}

/** The alarm list names every member's alarms: only this member's count here. */
function statusOf(status: JsonObject, alarmList: JsonObject): MemberStatus {
  const header = parseObject(status.header);
  const memberId = textOf(header, 'member_id') ?? '';
  return {
    clusterId: textOf(header, 'cluster_id') ?? '',
    memberId,
    leaderId: textOf(status, 'leader') ?? '0',
    version: textOf(status, 'version') ?? '',
    isLearner: status.isLearner === true,
    dbSize: Number(textOf(status, 'dbSize') ?? 0),
    dbSizeInUse: Number(textOf(status, 'dbSizeInUse') ?? 0),
    dbSizeQuota: Number(textOf(status, 'dbSizeQuota') ?? 0),
    revision: Number(textOf(header, 'revision') ?? 0),
    alarms: objectsOf(alarmList, 'alarms')
      .filter((alarm) => textOf(alarm, 'memberID') === memberId)
      .map((alarm) => textOf(alarm, 'alarm'))
      .filter((alarm) => alarm === 'NOSPACE' || alarm === 'CORRUPT'),
  };
}
