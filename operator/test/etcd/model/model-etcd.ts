/**
 * etcd as a set of facts: who is a member, whose data is on which volume, who is up. It keeps the rules of etcd 3.6 that
 * the operator relies on, and complains when one is broken that loses data.
 */
import { EtcdCallError } from '@kvstore/etcd/call-error.ts';
import type { Member, MemberStatus } from '../../../src/etcd/contract.ts';

/** etcd's HealthInterval: how long peers must have been connected before the membership may change. */
const healthMs = 5_000;
/** How long a learner takes to catch up. */
const catchUpMs = 3_000;

export interface Data {
  readonly memberId: string;
  readonly clusterId: string;
}

export interface ModelMember {
  readonly id: string;
  readonly ordinal: number;
  learner: boolean;
}

/** A process that runs on a data directory. */
export interface Process {
  readonly ordinal: number;
  /** Of the container: another one after each start. */
  readonly run: string;
  readonly data: Data;
  /** Since when its peers have been connected to it. */
  connectedAt: number;
  /** Cut off from everything until then. */
  cutUntil: number;
}

export class Violation extends Error {
  override readonly name = 'Violation';
}

export class ModelEtcd {
  readonly members: ModelMember[] = [];
  readonly processes = new Map<number, Process>();
  /** `run>ordinal`: that process takes that member for inactive, whatever happens, until one of the two restarts. */
  readonly wrongViews = new Set<string>();
  readonly #claimOf = new Map<string, string>();
  readonly #now: () => number;
  leader = '';
  #ids = 0;
  #clusters = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  voters(): ModelMember[] {
    return this.members.filter(({ learner }) => !learner);
  }

  isUp(ordinal: number): boolean {
    const process = this.processes.get(ordinal);
    return process !== undefined && process.cutUntil <= this.#now();
  }

  hasQuorum(): boolean {
    const voters = this.voters();
    return voters.length > 0 && voters.filter(({ ordinal }) => this.isMemberUp(ordinal)).length > voters.length / 2;
  }

  /** Up, and on the data of the member that the list has at this ordinal. */
  isMemberUp(ordinal: number): boolean {
    const member = this.members.find((candidate) => candidate.ordinal === ordinal);
    return member !== undefined && this.isUp(ordinal) && this.processes.get(ordinal)?.data.memberId === member.id;
  }

  /** A new cluster of one. */
  bootstrap(ordinal: number, claim: string): Data {
    if (this.#clusters > 0) throw new Violation('a second cluster was bootstrapped');
    this.#clusters += 1;
    const { id } = this.#newMember(ordinal, false);
    this.#claimOf.set(id, claim);
    return { memberId: id, clusterId: 'c' };
  }

  /** What an empty data directory gets that is told to join: the id that the list has for its address. */
  join(ordinal: number, peers: readonly number[], claim: string): Data | undefined {
    const listed = this.members.map((member) => member.ordinal).sort();
    if (listed.join() !== [...peers].sort().join()) return undefined;
    if (!peers.some((peer) => peer !== ordinal && this.isMemberUp(peer))) return undefined;
    const member = this.members.find((candidate) => candidate.ordinal === ordinal);
    return member === undefined ? undefined : this.#dataOf(member, claim);
  }

  isMember({ memberId }: Data): boolean {
    return this.members.some(({ id }) => id === memberId);
  }

  started(process: Process): void {
    this.processes.set(process.ordinal, process);
    for (const view of this.wrongViews) if (view.endsWith(`>${process.ordinal}`)) this.wrongViews.delete(view);
  }

  /** Each voter takes the next one for inactive: all refuse changes. Not of two, where nothing could be done about it. */
  confuse(): void {
    const voters = this.voters();
    if (voters.length < 3) return;
    this.wrongViews.clear();
    for (const [index, { ordinal }] of voters.entries()) {
      const run = this.processes.get(ordinal)?.run;
      if (run !== undefined) this.wrongViews.add(`${run}>${voters[(index + 1) % voters.length]?.ordinal}`);
    }
  }

  elect(): void {
    const leader = this.members.find(({ id }) => id === this.leader);
    const leads = leader !== undefined && !leader.learner && this.isMemberUp(leader.ordinal);
    if (!this.hasQuorum()) this.leader = '';
    else if (!leads) this.leader = this.voters().find(({ ordinal }) => this.isMemberUp(ordinal))?.id ?? '';
  }

  status(ordinal: number): MemberStatus {
    const { data } = this.#answering(ordinal);
    this.elect();
    return {
      clusterId: data.clusterId,
      memberId: data.memberId,
      leaderId: this.leader,
      version: '3.6.16',
      isLearner: this.members.find(({ id }) => id === data.memberId)?.learner ?? false,
      dbSize: 1,
      dbSizeInUse: 1,
      dbSizeQuota: 1000,
      revision: 1,
      alarms: [],
    };
  }

  isReady(ordinal: number): boolean {
    return this.voters().some((voter) => voter.ordinal === ordinal) && this.isMemberUp(ordinal) && this.hasQuorum();
  }

  list(via: number, peerURL: (ordinal: number) => string): Member[] {
    this.#deciding(via);
    return this.members.map(({ id, ordinal, learner }) => {
      return { id, name: '', peerURLs: [peerURL(ordinal)], clientURLs: [], isLearner: learner };
    });
  }

  add(via: number, ordinal: number): void {
    this.#deciding(via);
    if (this.members.some((member) => member.ordinal === ordinal))
      throw new EtcdCallError('Peer URLs already exists', 9, true);
    if (!this.voters().every((voter) => this.#sees(via, voter.ordinal))) throw unhealthy();
    this.#newMember(ordinal, true);
  }

  remove(via: number, id: string): void {
    this.#deciding(via);
    const member = this.members.find((candidate) => candidate.id === id);
    if (member === undefined) throw new EtcdCallError('etcdserver: member not found', 5, true);
    const voters = this.voters();
    const isActive = member.ordinal === via || (this.isUp(member.ordinal) && this.#sees(via, member.ordinal, 0));
    const active = voters.filter(({ ordinal }) => this.#sees(via, ordinal)).length;
    if (!member.learner && isActive && active - 1 < 1 + Math.floor((voters.length - 1) / 2)) throw unhealthy();
    this.members.splice(this.members.indexOf(member), 1);
  }

  promote(via: number, id: string): void {
    this.#deciding(via);
    const member = this.members.find((candidate) => candidate.id === id);
    if (member === undefined) throw new EtcdCallError('etcdserver: member not found', 5, true);
    const process = this.processes.get(member.ordinal);
    const ready = this.isMemberUp(member.ordinal) && this.#now() - (process?.connectedAt ?? 0) >= catchUpMs;
    if (!ready) throw new EtcdCallError('can only promote a learner member which is in sync with leader', 9, true);
    member.learner = false;
  }

  moveLeader(via: number, id: string): void {
    this.#deciding(via);
    const target = this.voters().find((voter) => voter.id === id);
    if (target === undefined || !this.isMemberUp(target.ordinal)) throw new EtcdCallError('no such leader', 9, true);
    this.leader = id;
  }

  #newMember(ordinal: number, learner: boolean): ModelMember {
    this.#ids += 1;
    const member = { id: `m${this.#ids}`, ordinal, learner };
    this.members.push(member);
    return member;
  }

  #dataOf({ id, learner }: ModelMember, claim: string): Data | undefined {
    const known = this.#claimOf.get(id);
    if (known !== undefined && known !== claim) {
      // A learner has no votes to forget, but the leader sends it what follows on what it had: it panics.
      if (learner) return undefined;
      throw new Violation(`${id} runs on another volume: its votes are forgotten`);
    }
    this.#claimOf.set(id, claim);
    return { memberId: id, clusterId: 'c' };
  }

  #answering(ordinal: number): Process {
    const process = this.processes.get(ordinal);
    if (process === undefined || !this.isUp(ordinal)) throw new Error('no answer');
    return process;
  }

  #deciding(via: number): void {
    this.#answering(via);
    if (!this.isMemberUp(via) || !this.hasQuorum()) throw new EtcdCallError('etcdserver: request timed out', 14, true);
  }

  #sees(via: number, ordinal: number, forMs = healthMs): boolean {
    if (via === ordinal) return true;
    const own = this.processes.get(via);
    const other = this.processes.get(ordinal);
    if (own === undefined || other === undefined || !this.isMemberUp(ordinal)) return false;
    const since = Math.max(own.connectedAt, other.connectedAt, own.cutUntil, other.cutUntil);
    return this.#now() - since >= forMs && !this.wrongViews.has(`${own.run}>${ordinal}`);
  }
}

function unhealthy(): EtcdCallError {
  return new EtcdCallError('etcdserver: unhealthy cluster', 14, true);
}
