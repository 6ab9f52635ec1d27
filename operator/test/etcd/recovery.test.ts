/** docs/etcd-recovery.md, step by step, with the commands it gives. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { needBinary } from '../../../test-support/programs/binaries.ts';
import { waitFor } from '../../../test-support/wait-for.ts';
import { FakeCluster } from './fake-cluster.ts';
import { countKeys, putKeys } from './values.ts';

const keys = 50;

async function losesQuorum(): Promise<FakeCluster> {
  const cluster = await FakeCluster.start();
  await cluster.settled();
  await putKeys(cluster, 'life/', keys);
  await waitFor('member 0 has every key', async () => (await countKeys(cluster, 0, 'life/')) === keys);
  await cluster.loseVolume(1);
  await cluster.loseVolume(2);
  await cluster.until(({ reason }) => reason === 'EtcdQuorumLost');
  return cluster;
}

/** Steps 1 and 4: paused and scaled to nothing; the others' claims and the ConfigMap deleted. */
async function stopMembers(cluster: FakeCluster): Promise<string> {
  await Promise.all([...cluster.pods.values()].map((pod) => pod.stop()));
  cluster.pods.clear();
  cluster.scaleToNothing();
  cluster.applied.delete(cluster.applied.configMap);
  for (const ordinal of [1, 2]) cluster.claims.delete(cluster.names.claim(ordinal));
  return join(cluster.claims.get(cluster.names.claim(0))?.dir ?? '', 'data');
}

async function forceNewCluster(dataDir: string): Promise<void> {
  // Port 0, of the system's choice: this one needs no clients, only its log.
  const any = 'http://127.0.0.1:0';
  const process = spawn(
    needBinary('etcd'),
    ['--name=shop-etcd-0', `--data-dir=${dataDir}`, '--force-new-cluster', '--listen-client-urls', any].concat([
      '--advertise-client-urls',
      any,
      '--listen-peer-urls',
      any,
    ]),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const exit = once(process, 'exit');
  let log = '';
  process.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
    if (log.includes('ready to serve client requests')) process.kill();
  });
  const [code, signal] = await exit;
  if (!log.includes('ready to serve client requests')) throw new Error(`etcd ended with ${code ?? signal}: ${log}`);
}

test('one member survived: forced into a cluster of its own, it grows again with all values', async (t) => {
  const cluster = await losesQuorum();
  t.teardown(() => cluster.stop());
  await forceNewCluster(await stopMembers(cluster));
  const outcome = await cluster.settled();
  t.is(outcome.readyMembers, 3);
  for (const ordinal of [0, 1, 2]) t.is(await countKeys(cluster, ordinal, 'life/'), keys);
});

test('only a backup is left: restored on member 0, it grows again with all values', async (t) => {
  const cluster = await losesQuorum();
  t.teardown(() => cluster.stop());
  const dataDir = await stopMembers(cluster);
  const target = `${dataDir}-restored`;
  const url = cluster.addresses.peerURL(0);
  // The member's own database stands in for a backup; it has no hash at its end.
  await promisify(execFile)(needBinary('etcdutl'), [
    ...['snapshot', 'restore', join(dataDir, 'member/snap/db'), '--skip-hash-check', '--data-dir', target],
    ...['--name', 'shop-etcd-0', '--initial-cluster', `shop-etcd-0=${url}`, '--initial-advertise-peer-urls', url],
    ...['--bump-revision', '1000000000', '--mark-compacted'],
  ]);
  await cluster.exchangeData(0, target);
  const outcome = await cluster.settled();
  t.is(outcome.readyMembers, 3);
  for (const ordinal of [0, 1, 2]) t.is(await countKeys(cluster, ordinal, 'life/'), keys);
});
