/** The operator over the model: its caches are late, it dies between two calls, and what it does is watched. */
import { wantedAccess } from '../../../src/etcd/access/wanted.ts';
import type { EtcdOutcome, MemberClient, MemberTools } from '../../../src/etcd/contract.ts';
import { quorum } from '../../../src/etcd/plan/situation.ts';
import { reconcileMembers } from '../../../src/etcd/reconcile-members.ts';
import type { EtcdSpec } from '../../../src/kvstore.ts';
import { kvstoreWith } from '../samples.ts';
import type { History, ModelCluster } from './model-cluster.ts';
import { Violation } from './model-etcd.ts';

export interface Pass {
  readonly late: Readonly<Record<keyof History, number>>;
  /** The operator dies before this many calls that change something, or at none. */
  readonly diesAt: number;
  /** What happens between what was read and the first thing that is done. */
  readonly meanwhile?: () => void;
}

type Act = (what: string, wrong: () => string | undefined, call: () => void) => Promise<void>;

const never = Number.POSITIVE_INFINITY;
export const inTime: Pass = { late: { statefulSets: 0, configMaps: 0, pods: 0, claims: 0 }, diesAt: never };

export class ModelOperator {
  readonly #cluster: ModelCluster;
  #etcd: EtcdSpec;
  /** Everything that was done to members, pods and claims. */
  readonly actions: string[] = [];

  constructor(cluster: ModelCluster, members: EtcdSpec['members']) {
    this.#cluster = cluster;
    this.#etcd = { members, storage: { size: '10Gi' }, retentionPolicy: 'Retain' };
  }

  get wanted(): number {
    return this.#etcd.members;
  }

  want(change: Partial<EtcdSpec>): void {
    this.#etcd = { ...this.#etcd, ...change };
  }

  /** Undefined when the reconcile failed, as one does that is tried again. */
  async reconcile({ late, diesAt, meanwhile }: Pass): Promise<EtcdOutcome | undefined> {
    const cluster = this.#cluster;
    let calls = 0;
    let moved = false;
    const change = async (call: () => void): Promise<void> => {
      calls += 1;
      if (calls > diesAt) throw new Error('the operator is dead');
      call();
    };
    /** What is done is judged by what was true when it was decided, unless etcd itself or a precondition refuses it. */
    const act = (what: string, wrong: () => string | undefined, call: () => void): Promise<void> =>
      change(() => {
        this.actions.push(what);
        const fault = moved ? undefined : wrong();
        if (!moved && meanwhile !== undefined) {
          moved = true;
          meanwhile();
        }
        call();
        if (fault !== undefined) throw new Violation(fault);
      });
    const tools: MemberTools = {
      isReadOnly: false,
      apply: (object) => change(() => cluster.apply(object)),
      deletePod: (_, name, uid) => {
        const pod = cluster.pods.get(this.#ordinal(name));
        const isThere = pod?.uid === uid && pod.goneAt === undefined;
        return act(
          `deletePod ${name} ${uid}`,
          () => (isThere ? this.#faultOfRestart(pod.ordinal) : undefined),
          () => {
            if (cluster.pods.get(this.#ordinal(name))?.uid === uid) cluster.deletePod(this.#ordinal(name));
          },
        );
      },
      deleteClaim: (_, name, uid) => {
        const ordinal = this.#ordinal(name);
        return act(
          `deleteClaim ${name} ${uid}`,
          () => undefined,
          () => {
            const claim = cluster.claims.get(ordinal);
            if (claim === undefined || claim.uid !== uid) return;
            if (claim.data !== undefined && cluster.etcd.isMember(claim.data)) {
              throw new Violation(`the data of member ${ordinal} goes`);
            }
            claim.terminating = true;
            cluster.publish();
          },
        );
      },
      resizeClaim: async () => undefined,
      read: async () => cluster.objects(),
      mayUpgrade: () => true,
      event: () => undefined,
      now: () => new Date(cluster.now),
      member: (name) => this.#member(this.#ordinal(name), act),
    };
    const kvstore = kvstoreWith(this.#etcd);
    const options = { kvstore, etcd: this.#etcd, defaults: { image: 'etcd:v3.6.16' }, trustHash: '', tools };
    try {
      return await reconcileMembers(options, cluster.seen(late));
    } catch (error) {
      if (error instanceof Violation) throw error;
      return undefined;
    }
  }

  #member(ordinal: number, act: Act): MemberClient {
    const { etcd, names } = this.#cluster;
    const fine = () => undefined;
    const unused = async () => {
      throw new Error('not in this model');
    };
    return {
      ready: async () => etcd.isReady(ordinal),
      status: async () => etcd.status(ordinal),
      memberList: async () => etcd.list(ordinal, names.peerURL),
      memberAdd: async (peerURL) => {
        const added =
          Array.from({ length: 5 }, (_, each) => each).find((each) => names.peerURL(each) === peerURL) ?? -1;
        await act(`memberAdd ${added} via ${ordinal}`, fine, () => etcd.add(ordinal, added));
        return { id: '', name: '', peerURLs: [], clientURLs: [], isLearner: true };
      },
      memberRemove: (id) =>
        act(
          `memberRemove ${id} via ${ordinal}`,
          () => this.#faultOfRemoval(id),
          () => etcd.remove(ordinal, id),
        ),
      memberPromote: (id) => act(`memberPromote ${id}`, fine, () => etcd.promote(ordinal, id)),
      moveLeader: (id) => act(`moveLeader ${id}`, fine, () => etcd.moveLeader(ordinal, id)),
      compact: unused,
      defragment: unused,
      disarm: unused,
      access: async () => wantedAccess(names),
      changeAccess: unused,
    };
  }

  /** A voter may only be restarted while the others decide without it. */
  #faultOfRestart(ordinal: number): string | undefined {
    const { etcd } = this.#cluster;
    const voters = etcd.voters();
    const isVoter = voters.some((voter) => voter.ordinal === ordinal);
    if (voters.length < 2 || !isVoter || !etcd.isMemberUp(ordinal) || !etcd.hasQuorum()) return undefined;
    const others = voters.filter((voter) => voter.ordinal !== ordinal && this.#isHealthy(voter.ordinal)).length;
    return others < quorum(voters.length) ? `a restart of ${ordinal} leaves ${others} of ${voters.length}` : undefined;
  }

  /** Those who stay decide alone afterwards, and no data goes that nothing else has. */
  #faultOfRemoval(id: string): string | undefined {
    const { etcd, claims } = this.#cluster;
    const leaving = etcd.members.find((member) => member.id === id);
    if (leaving === undefined || leaving.learner) return undefined;
    const staying = etcd.voters().filter((voter) => voter !== leaving);
    const healthy = staying.filter(({ ordinal }) => this.#isHealthy(ordinal)).length;
    if (healthy < quorum(staying.length)) return `the removal of ${id} leaves ${healthy} of ${staying.length}`;
    const hasData = claims.get(leaving.ordinal)?.data?.memberId === id;
    return hasData && leaving.ordinal < this.wanted ? `${id} is removed though it has its data` : undefined;
  }

  #isHealthy(ordinal: number): boolean {
    const { etcd, pods } = this.#cluster;
    return etcd.isMemberUp(ordinal) && pods.get(ordinal)?.goneAt === undefined;
  }

  #ordinal(name: string): number {
    return this.#cluster.names.ordinal(name) ?? -1;
  }
}
