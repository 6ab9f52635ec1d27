/**
 * Random histories: pods are killed, volumes lost, addresses changed, members cut off, the operator dies, and what it
 * sees is late, comes twice and out of order, each kind of object on its own. In all of them the wanted members are
 * reached in the end, and the operator never gives a quorum or a member's data away.
 */
import test from 'ava';
import fc from 'fast-check';
import { etcdNames } from '../../../src/etcd/names.ts';
import { quorum } from '../../../src/etcd/plan/situation.ts';
import type { EtcdSpec } from '../../../src/kvstore.ts';
import { kvstoreWith } from '../samples.ts';
import { ModelCluster } from './model-cluster.ts';
import { inTime, ModelOperator } from './model-operator.ts';

/** The same in each run. Others, and as many as wanted: KV_HISTORIES=100000. */
const { KV_HISTORIES } = process.env;
const histories = Number(KV_HISTORIES ?? 2_000);
const seed = KV_HISTORIES === undefined ? { seed: 20 } : {};
const names = etcdNames(kvstoreWith());

const ordinal = fc.nat({ max: 4 });
const late = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat({ max: 10 }) });
const mishap = fc.oneof(
  fc.record({ kind: fc.constant('kill' as const), ordinal }),
  fc.record({ kind: fc.constant('crash' as const), ordinal }),
  fc.record({ kind: fc.constant('evict' as const), ordinal }),
  fc.record({ kind: fc.constant('lose-volume' as const), ordinal }),
  fc.record({ kind: fc.constant('change-address' as const), ordinal, other: ordinal }),
  fc.record({ kind: fc.constant('confuse' as const) }),
  fc.record({ kind: fc.constant('cut-off' as const), ordinal, ms: fc.integer({ min: 1_000, max: 60_000 }) }),
  fc.record({ kind: fc.constant('late-kubelet' as const), is: fc.boolean() }),
);
const pass = fc.record({
  kind: fc.constant('pass' as const),
  late: fc.record({ statefulSets: late, configMaps: late, pods: late, claims: late }),
  diesAt: fc.oneof(
    { weight: 5, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
    { weight: 1, arbitrary: fc.nat({ max: 7 }) },
  ),
  meanwhile: fc.option(mishap, { freq: 8, nil: undefined }),
  /** Until the next look: at once again, or a while. */
  ms: fc.constantFrom(0, 500, 500, 2_000, 10_000),
});
const wish = fc.oneof(
  fc.record({ kind: fc.constant('members' as const), members: fc.constantFrom(1 as const, 3 as const, 5 as const) }),
  fc.record({ kind: fc.constant('roll' as const), cpu: fc.constantFrom('1', '2') }),
);
const step = fc.oneof(
  { weight: 12, arbitrary: pass },
  { weight: 3, arbitrary: mishap },
  { weight: 1, arbitrary: wish },
);
const history = fc.record({
  members: fc.constantFrom<EtcdSpec['members']>(1, 3, 3, 5),
  /** How far it gets before the first mishap. */
  calm: fc.constantFrom(0, 10, 60),
  steps: fc.array(step, { minLength: 10, maxLength: 60 }),
});

type Mishap = typeof mishap extends fc.Arbitrary<infer T> ? T : never;
type HistoryOf = typeof history extends fc.Arbitrary<infer T> ? T : never;

/** What nothing brings back must not happen by itself: a volume only goes while the others hold everything. */
function mayLose(cluster: ModelCluster, lost: number): boolean {
  const { etcd, claims } = cluster;
  const voters = etcd.voters();
  const hasData = (id: string, each: number): boolean => claims.get(each)?.data?.memberId === id;
  const left = voters.filter(({ id, ordinal: each }) => each !== lost && hasData(id, each)).length;
  return voters.length > 1 && left >= quorum(voters.length);
}

function happen(cluster: ModelCluster, what: Mishap): void {
  const { etcd } = cluster;
  switch (what.kind) {
    case 'kill':
      cluster.losePod(what.ordinal, false);
      break;
    case 'crash':
      cluster.crash(what.ordinal);
      break;
    case 'evict':
      cluster.deletePod(what.ordinal);
      break;
    case 'lose-volume':
      if (mayLose(cluster, what.ordinal)) cluster.losePod(what.ordinal, true);
      break;
    case 'change-address':
      changeAddress(cluster, what.ordinal, what.other);
      break;
    case 'confuse':
      etcd.confuse();
      break;
    case 'cut-off': {
      const process = etcd.processes.get(what.ordinal);
      if (process !== undefined) process.cutUntil = cluster.now + what.ms;
      break;
    }
    case 'late-kubelet':
      cluster.lateKubelet = what.is;
  }
}

/** A dial to the former address fails after the member is back: the other one takes it for inactive from then on. */
function changeAddress(cluster: ModelCluster, ordinal: number, other: number): void {
  const viewer = cluster.etcd.processes.get(other);
  cluster.crash(ordinal);
  if (viewer !== undefined && other !== ordinal) cluster.wrongAfterwards.push(`${viewer.run}>${ordinal}`);
}

interface Result {
  readonly actions: readonly string[];
  readonly members: number;
}

async function live({ members, calm, steps }: HistoryOf): Promise<Result> {
  const cluster = new ModelCluster(names);
  const operator = new ModelOperator(cluster, members);
  try {
    for (let round = 0; round < calm; round++) {
      await operator.reconcile(inTime);
      cluster.pass(1_000);
    }
    for (const each of steps) {
      if (each.kind === 'pass') {
        const { meanwhile } = each;
        await operator.reconcile({
          late: each.late,
          diesAt: each.diesAt,
          ...(meanwhile === undefined ? {} : { meanwhile: () => happen(cluster, meanwhile) }),
        });
        cluster.pass(each.ms);
      } else if (each.kind === 'members') operator.want({ members: each.members });
      else if (each.kind === 'roll') operator.want({ resources: { limits: { cpu: each.cpu } } });
      else happen(cluster, each);
    }
    await calmDown(cluster, operator);
  } catch (error) {
    throw new Error(`${(error as Error).message}; ${operator.actions.slice(-20).join(', ')}`, { cause: error });
  }
  return { actions: operator.actions, members: operator.wanted };
}

/** Nothing happens any more: the wanted members are reached. */
async function calmDown(cluster: ModelCluster, operator: ModelOperator): Promise<void> {
  cluster.lateKubelet = false;
  let last = '';
  for (let round = 0; round < 500; round++) {
    const outcome = await operator.reconcile(inTime);
    const { etcd } = cluster;
    if (outcome?.settled === true) {
      const ordinals = etcd
        .voters()
        .map((voter) => voter.ordinal)
        .sort();
      const wanted = Array.from({ length: operator.wanted }, (_, each) => each);
      if (outcome.degraded || ordinals.join() !== wanted.join() || !wanted.every((each) => etcd.isReady(each))) {
        throw new Error(`settled with ${ordinals.join()} of ${operator.wanted}, degraded ${outcome.degraded}`);
      }
      return;
    }
    last = `${outcome?.reason} ${outcome?.message}`;
    cluster.pass(1_000);
  }
  throw new Error(`stuck: ${last}`);
}

test('histories that nothing foresaw end with the wanted members', async (t) => {
  const kinds = new Map<string, number>();
  let count = 0;
  await fc.assert(
    fc.asyncProperty(history, async (each) => {
      const { actions } = await live(each);
      count += 1;
      for (const action of actions) {
        const [kind = ''] = action.split(' ');
        kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: histories, includeErrorInReport: true, ...seed },
  );
  t.log(`${count} histories: ${[...kinds].map(([kind, times]) => `${times} ${kind}`).join(', ')}`);
  for (const kind of ['memberAdd', 'memberPromote', 'memberRemove', 'deletePod', 'deleteClaim', 'moveLeader']) {
    t.true((kinds.get(kind) ?? 0) > histories / 10, `${kind}: ${kinds.get(kind)}`);
  }
});
