/** Clients of the local members under their stable names. */
import type { ServiceName } from '@kvstore/etcd/schema.ts';
import type { Identity, MemberClient } from '../../src/etcd/contract.ts';
import { withService } from '../../src/etcd/members/calls.ts';
import { memberClient } from '../../src/etcd/members/client.ts';
import type { EtcdNames } from '../../src/etcd/names.ts';
import { type Leaf, secretNames } from '../../src/etcd/tls/secrets.ts';
import type { AppliedObjects } from './applied-objects.ts';
import type { LocalAddresses } from './local-addresses.ts';

/** Does a call that changes something, which may be the last thing that the operator does. */
export type Change = <R>(what: string, call: () => Promise<R>) => Promise<R>;

/** What a certificate's Secret holds, as a pod sees it. */
export function identityOf(names: EtcdNames, applied: AppliedObjects, leaf: Leaf): Identity {
  const secret = applied.secret(secretNames(names)[leaf]);
  const text = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  return { ca: text('ca.crt'), certificate: text('tls.crt'), key: text('tls.key') };
}

/** @param seen told the id of each member that answers */
export function localMember(
  names: EtcdNames,
  ordinal: number,
  addresses: LocalAddresses,
  identity: Identity,
  change: Change,
  seen: (memberId: string) => void,
): MemberClient {
  const real = memberClient({ url: addresses.clientURL(ordinal), serverName: serverName(names, ordinal) }, identity);
  const changing = <A extends readonly unknown[], R>(name: string, call: (...args: A) => Promise<R>) => {
    return (...args: A) => change([name, ...args].join(' '), () => call(...args));
  };
  return {
    ready: () => real.ready(),
    status: async () => {
      const status = await real.status();
      seen(status.memberId);
      return status;
    },
    memberList: async () => (await real.memberList()).map((member) => addresses.named(names, member)),
    memberAdd: changing('memberAdd', async (peerURL, learner) =>
      addresses.named(names, await real.memberAdd(addresses.local(names, peerURL), learner)),
    ),
    memberPromote: changing('memberPromote', (id) => real.memberPromote(id)),
    memberRemove: changing('memberRemove', (id) => real.memberRemove(id)),
    moveLeader: changing('moveLeader', (id) => real.moveLeader(id)),
    compact: changing('compact', (revision) => real.compact(revision)),
    defragment: changing(`defragment ${names.pod(ordinal)}`, () => real.defragment()),
    disarm: changing('disarm', (alarm, id) => real.disarm(alarm, id)),
    access: () => real.access(),
    changeAccess: (access) => change(access.kind, () => real.changeAccess(access)),
  };
}

/** A call that the client above has no name for. */
export function callMember<T>(
  names: EtcdNames,
  ordinal: number,
  addresses: LocalAddresses,
  identity: Identity,
  [service, method]: readonly [ServiceName, string],
  request: object,
): Promise<T> {
  const address = { url: addresses.clientURL(ordinal), serverName: serverName(names, ordinal) };
  return withService(address, identity, service, (call) => call<T>(method, request, 10_000));
}

function serverName(names: EtcdNames, ordinal: number): string {
  return new URL(names.clientURL(ordinal)).hostname;
}
