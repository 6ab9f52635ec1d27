import test from 'ava';
import { EtcdCluster } from '../../../../../test-support/etcd-cluster.ts';
import type { EtcdMember } from '../../../../../test-support/etcd-member.ts';
import { waitFor } from '../../../../../test-support/wait-for.ts';
import { nextTurn } from '../../../../src/store/clock.ts';
import { Leader } from '../../../../src/store/etcd/connect/leader.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { newPrefix, openReady } from '../harness.ts';

/** Transactions that each member has taken from clients. */
async function transactions(cluster: EtcdCluster): Promise<Map<string, number>> {
  const counts = await Promise.all(
    cluster.endpoints.map(async (url) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      const line = /^grpc_server_started_total\{grpc_method="Txn",.*\} (\d+)$/m.exec(text);
      return [url, Number(line?.[1] ?? 0)] as const;
    }),
  );
  return new Map(counts);
}

/** Makes another member the leader. */
async function handOver(cluster: EtcdCluster): Promise<void> {
  const [follower] = await cluster.followers();
  const { memberId } = await (follower as EtcdMember).status();
  await cluster.command('move-leader', BigInt(memberId).toString(16));
}

test('writes go to the leader, also after a handover, and a handover leaves none with an unknown outcome', async (t) => {
  t.timeout(540_000);
  const cluster = await EtcdCluster.start({ size: 3 });
  t.teardown(() => cluster.stop());
  const { store } = await openReady(t, { endpoints: cluster.endpoints, prefix: newPrefix() });
  let stopped = false;
  let written = 0;
  const failures: unknown[] = [];
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    while (!stopped) {
      try {
        await store.set([{ key: `key-${writer}`, value: String(written++) }]);
      } catch (error) {
        failures.push(error);
      }
    }
  });
  try {
    for (let handover = 0; handover < 5; handover++) {
      const { url: leader } = await cluster.leader();
      await waitFor('the leader alone is written to', async () => {
        const before = await transactions(cluster);
        const from = written;
        await waitFor('some writes', () => written > from + 50);
        const after = await transactions(cluster);
        const others = cluster.endpoints.filter((url) => url !== leader);
        return (
          (after.get(leader) ?? 0) > (before.get(leader) ?? 0) &&
          others.every((url) => after.get(url) === before.get(url))
        );
      });
      await handOver(cluster);
    }
  } finally {
    stopped = true;
    await Promise.all(writers);
  }
  t.deepEqual(failures, []);
});

/** A member that says so of itself. */
function member(name: string, state: { leads: boolean; term: number }) {
  const status = () => ({
    header: { member_id: name, raft_term: String(state.term) },
    leader: state.leads ? name : 'another',
  });
  return { name, state, call: async <T>() => status() as T };
}

test('the newest of those that take themselves for the leader counts, and a term may be lower after a restore', async (t) => {
  const clock = new ManualClock();
  const members = [
    member('cut off', { leads: true, term: 3 }),
    member('elected', { leads: true, term: 4 }),
    member('follower', { leads: false, term: 4 }),
  ] as const;
  const leader = new Leader(members, clock);
  t.is(leader.endpoint, undefined);
  leader.heard(4);
  await waitFor('a leader is known', () => leader.endpoint);
  t.is(leader.endpoint?.name, 'elected');

  // Restored from a snapshot: terms begin anew.
  members[0].state.leads = false;
  members[1].state.leads = false;
  Object.assign(members[2].state, { leads: true, term: 2 });
  leader.heard(2);
  await nextTurn();
  t.is(leader.endpoint?.name, 'elected', 'not asked again at once');
  clock.pass(500);
  leader.heard(2);
  await waitFor('the new one is known', () => leader.endpoint?.name === 'follower');
});
