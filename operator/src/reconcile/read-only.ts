/** The etcd side's tools while spec.paused is true: it looks at everything, and nothing comes of what it would do. */
import type { EtcdTools, Member, MemberClient } from '../etcd/contract.ts';

export function readOnly(tools: EtcdTools): EtcdTools {
  return {
    ...tools,
    isReadOnly: true,
    apply: nothing,
    deletePod: nothing,
    deleteClaim: nothing,
    resizeClaim: nothing,
    mayUpgrade: () => false,
    event: () => {},
    member: (podName, identity) => readOnlyMember(tools.member(podName, identity)),
  };
}

function readOnlyMember(member: MemberClient): MemberClient {
  return {
    ready: () => member.ready(),
    status: () => member.status(),
    memberList: () => member.memberList(),
    access: () => member.access(),
    memberAdd: async (peerURL, isLearner) => ({ ...noMember, peerURLs: [peerURL], isLearner }),
    memberPromote: nothing,
    memberRemove: nothing,
    moveLeader: nothing,
    compact: nothing,
    defragment: nothing,
    disarm: nothing,
    changeAccess: nothing,
  };
}

const noMember: Member = { id: '0', name: '', peerURLs: [], clientURLs: [], isLearner: false };

async function nothing(): Promise<void> {}
