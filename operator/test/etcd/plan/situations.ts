/** Situations for the tests of the plan: three healthy members, and what a case changes. */
import type { Access } from '../../../src/etcd/access/access.ts';
import { wantedAccess } from '../../../src/etcd/access/wanted.ts';
import type { Member, MemberStatus } from '../../../src/etcd/contract.ts';
import { etcdNames } from '../../../src/etcd/names.ts';
import type { Observation, Seat } from '../../../src/etcd/observe.ts';
import type { Situation, Wanted } from '../../../src/etcd/plan/situation.ts';
import type { EtcdState, MemberState } from '../../../src/etcd/state.ts';
import { kvstoreWith } from '../samples.ts';

export const names = etcdNames(kvstoreWith());
const gib = 2 ** 30;
export const now = new Date('2026-11-29T12:00:00Z');

export const wanted: Wanted = {
  members: 3,
  volumeSize: '10Gi',
  volumeBytes: 10 * gib,
  access: wantedAccess(names),
  template: 'now',
};

export function status(ordinal: number, change: Partial<MemberStatus> = {}): MemberStatus {
  return {
    clusterId: 'c',
    memberId: `m${ordinal}`,
    leaderId: 'm0',
    version: '3.6.16',
    isLearner: false,
    dbSize: 1000,
    dbSizeInUse: 1000,
    dbSizeQuota: 10_000,
    revision: 7,
    alarms: [],
    ...change,
  };
}

export function seat(ordinal: number, change: Partial<Seat> = {}): Seat {
  return {
    ordinal,
    pod: {
      name: names.pod(ordinal),
      uid: `p${ordinal}`,
      terminating: false,
      running: true,
      restarts: 0,
      template: 'now',
    },
    claim: {
      name: names.claim(ordinal),
      uid: `v${ordinal}`,
      terminating: false,
      requestBytes: 10 * gib,
      capacityBytes: 10 * gib,
    },
    ready: true,
    status: status(ordinal),
    ...change,
  };
}

/** A seat whose member does not answer. */
export function silent(ordinal: number, change: Partial<Seat> = {}): Seat {
  const { status: _, ...rest } = seat(ordinal, { ready: false, ...change });
  return rest;
}

export function member(ordinal: number, change: Partial<Member> = {}): Member {
  return {
    id: `m${ordinal}`,
    name: names.pod(ordinal),
    peerURLs: [names.peerURL(ordinal)],
    clientURLs: [names.clientURL(ordinal)],
    isLearner: false,
    ...change,
  };
}

export function recorded(ordinal: number, change: Partial<MemberState> = {}): MemberState {
  return { gate: 'closed', id: `m${ordinal}`, claim: `v${ordinal}`, ...change };
}

export interface Change {
  readonly wanted?: Partial<Wanted>;
  readonly state?: Partial<EtcdState>;
  readonly seats?: readonly Seat[];
  readonly list?: readonly Member[] | 'none';
  readonly access?: Partial<Access>;
  readonly refusal?: string;
  readonly now?: Date;
}

export function situation(change: Change = {}): Situation {
  const seats = change.seats ?? [0, 1, 2].map((ordinal) => seat(ordinal));
  const list = change.list ?? [0, 1, 2].map((ordinal) => member(ordinal));
  const told =
    change.refusal === undefined ? { access: { ...wanted.access, ...change.access } } : { refusal: change.refusal };
  const observation: Observation = list === 'none' ? { seats } : { seats, list, via: names.pod(0), ...told };
  const members = { 0: recorded(0), 1: recorded(1), 2: recorded(2) };
  const state = { clusterId: 'c', version: '3.6.16', volumeBytes: 10 * gib, members, ...change.state };
  return { names, wanted: { ...wanted, ...change.wanted }, state, observation, now: change.now ?? now };
}
