/**
 * In etcd mode, against etcd's own JSON gateway: three members, and on the same core the service. The gateway's calls go
 * to one member, as the service's do.
 */
import { join } from 'node:path';
import { EtcdCluster } from '../../../test-support/etcd-cluster.ts';
import { findBinary } from '../../../test-support/programs/binaries.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { gets, posts } from '../../load/requests.ts';
import { moveToCore, serverCore } from '../../pinned.ts';
import { keyOf, scattered, value } from '../data.ts';
import type { Bench, Row } from '../row.ts';
import { fill, runKvstore } from '../servers/kvstore.ts';
import { names, target } from './against.ts';

const peer = "etcd's JSON gateway";
const pairs = 1000;
const order = scattered(pairs, pairs);
const base64 = (text: string) => Buffer.from(text).toString('base64');
const needs = { etcd: () => findBinary('etcd') !== undefined };

const reads: Row = {
  name: 'etcd-get',
  title: "etcd mode: GET /get/{key} against a linearizable range of etcd's gateway",
  needs,
  async open(bench) {
    const { member, kvstore } = await startBoth(bench);
    const ranges = order.map((n) => JSON.stringify({ key: base64(keyOf(n)) }));
    return {
      targets: [
        target(names.kvstore, kvstore, gets(order.map((n) => `/get/${keyOf(n)}`))),
        target(peer, member, posts('/v3/kv/range', ranges)),
      ],
      bars: [{ of: names.kvstore, against: peer, figure: 'rate', atLeast: 2 }],
    };
  },
};

const sets: Row = {
  name: 'etcd-set',
  title: "etcd mode: POST /set against a put of etcd's gateway",
  needs,
  async open(bench) {
    const { member, kvstore } = await startBoth(bench);
    const puts = order.map((n) => JSON.stringify({ key: base64(keyOf(n)), value: base64(value) }));
    const bodies = order.map((n) => `{"${keyOf(n)}":${value}}`);
    return {
      targets: [target(names.kvstore, kvstore, posts('/set', bodies)), target(peer, member, posts('/v3/kv/put', puts))],
      bars: [{ of: names.kvstore, against: peer, figure: 'rate', atLeast: 4 }],
    };
  },
};

async function startBoth(bench: Bench) {
  const { cluster, kvstore } = await startOnEtcd(bench);
  const leader = await cluster.leader();
  const member = { port: Number(new URL(leader.url).port), pids: kvstore.pids };
  for (const n of order) {
    await fetch(`${leader.url}/v3/kv/put`, {
      method: 'POST',
      body: JSON.stringify({ key: base64(keyOf(n)), value: base64(value) }),
    });
  }
  return { member, kvstore };
}

/** Three members and a service on the same core. `pids`: of all processes that do the work. */
export async function startOnEtcd({ scratch, ending }: Bench) {
  const cluster = await EtcdCluster.start({ size: 3, unsafeNoFsync: false });
  ending.defer(() => cluster.stop());
  for (const { pid } of cluster.members) moveToCore(serverCore, pid);
  const service = ending.use(
    await runKvstore(join(scratch, 'replica'), { KV_ETCD_ENDPOINTS: cluster.endpoints.join(',') }),
  );
  await waitFor('the service is ready', async () => (await fetch(`${service.url}/readyz`)).ok);
  await fill(service, pairs, 100);
  const pids = [...cluster.members.map(({ pid }) => pid), ...service.pids];
  return { cluster, kvstore: { port: service.port, pids } };
}

export const gateway = [reads, sets];
