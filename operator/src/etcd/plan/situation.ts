/** What a plan is made from, and what it is. */
import type { Access, AccessChange } from '../access/access.ts';
import type { Member } from '../contract.ts';
import type { EtcdNames } from '../names.ts';
import type { Observation, Seat } from '../observe.ts';
import type { EtcdState } from '../state.ts';
import type { Trial } from '../trial.ts';

export interface Wanted {
  readonly members: number;
  /** Of each volume, as the KvStore says and in bytes. */
  readonly volumeSize: string;
  readonly volumeBytes: number;
  readonly access: Access;
  /** What a pod's template annotation should be. */
  readonly template: string;
  /** Since when members are to be restarted, by `kubectl rollout restart`. */
  readonly restartedAt?: string;
  /** Why the image that the KvStore names is not rolled out. */
  readonly imageRefused?: string;
  /** Why members are kept on the template that they have. */
  readonly hold?: Hold;
}

/** A member of the list with the place it lives in. */
export interface MemberSeat extends Seat {
  readonly member: Member;
  /** The member itself answers, under its id. */
  readonly answers: boolean;
}

export interface Situation {
  readonly names: EtcdNames;
  readonly wanted: Wanted;
  readonly state: EtcdState;
  readonly observation: Observation;
  /** The time of day. */
  readonly now: Date;
}

/** A situation in which a quorum answers. */
export interface QuorumSituation extends Situation {
  readonly via: string;
  /** All members, by ordinal. */
  readonly members: readonly MemberSeat[];
}

/** `ask`: the pods of the members that are asked, one after the other until one agrees. */
export type Action =
  | { readonly kind: 'add-learner'; readonly ask: readonly string[]; readonly peerURL: string }
  | { readonly kind: 'promote'; readonly via: string; readonly id: string }
  | { readonly kind: 'remove-member'; readonly ask: readonly string[]; readonly id: string }
  | { readonly kind: 'move-leader'; readonly via: string; readonly id: string }
  | { readonly kind: 'delete-pod'; readonly name: string; readonly uid: string }
  | { readonly kind: 'delete-claim'; readonly name: string; readonly uid: string }
  | { readonly kind: 'resize-claim'; readonly name: string; readonly uid: string; readonly size: string }
  | { readonly kind: 'compact'; readonly via: string; readonly revision: number }
  | { readonly kind: 'defragment'; readonly via: string }
  | { readonly kind: 'disarm'; readonly via: string; readonly id: string }
  | { readonly kind: 'change-access'; readonly via: string; readonly changes: readonly AccessChange[] };

/** At most one action, after the objects have been applied for the state. */
export interface Step {
  /** The state from now on; the present one when absent. */
  readonly state?: EtcdState;
  readonly action?: Action;
  /** Of a condition: CamelCase. */
  readonly reason: string;
  readonly message: string;
  /** Something is wrong. Default false. */
  readonly degraded?: boolean;
  /** Nothing is left to do. Default false. */
  readonly settled?: boolean;
}

/** Why members are kept on the template that they have: hold.ts. */
export interface Hold extends Step {
  /** The image that is tried meanwhile. */
  readonly trial?: Trial;
}

/** Answers when it is its turn: the first rule that answers decides. */
export type Rule<S extends Situation> = (situation: S) => Step | undefined;

/** How many of n voters make a majority. */
export function quorum(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

export function voters(members: readonly MemberSeat[]): MemberSeat[] {
  return members.filter(({ member }) => !member.isLearner);
}

/** A pod that is being deleted may answer for a while yet: its member is as good as gone. */
export function healthy(seat: MemberSeat): boolean {
  return seat.answers && seat.pod?.terminating !== true && (seat.ready || seat.member.isLearner);
}

/** Without one member, the others still decide: its pod may be restarted or its membership ended. */
export function othersDecide(members: readonly MemberSeat[], without: MemberSeat): boolean {
  const others = voters(members).filter((seat) => seat !== without);
  const enough = without.member.isLearner ? quorum(others.length) : quorum(others.length + 1);
  return others.filter(healthy).length >= enough;
}

/**
 * Whether a member can be taken out: the present voters, the leaving one among them, have to agree to it, and those who
 * stay have to decide alone afterwards. Of two voters one can go only while both are healthy.
 */
export function canLeave(members: readonly MemberSeat[], leaving: MemberSeat): boolean {
  const present = voters(members);
  const staying = present.filter((seat) => seat !== leaving);
  return (
    present.filter(healthy).length >= quorum(present.length) && staying.filter(healthy).length >= quorum(staying.length)
  );
}

/** The voter that leads, if it can be told. */
export function leaderOf(members: readonly MemberSeat[]): MemberSeat | undefined {
  return members.find(({ status, answers }) => answers && status !== undefined && status.leaderId === status.memberId);
}

/**
 * The pods to ask for a change of membership, in turn. Each member judges by its own view of the others, and a view can
 * be wrong for good. The leader's is the best; the member that is to leave is not asked.
 */
export function askers({ members, via }: QuorumSituation, leaving?: MemberSeat): string[] {
  const leader = leaderOf(members);
  const others = voters(members).filter((seat) => healthy(seat) && seat !== leader);
  const names = [...(leader === undefined ? [] : [leader]), ...others]
    .filter((seat) => seat !== leaving)
    .flatMap(({ pod }) => pod?.name ?? []);
  return names.length === 0 ? [via] : names;
}
