/** The program as it is started, from its environment to its exit. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { type Cluster, operatorNamespace, startCluster } from './support/cluster.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let cluster: Cluster;
test.before(async () => {
  cluster = await startCluster();
});
test.after.always(() => cluster?.stop());

function start(t: ExecutionContext, environment: Record<string, string>) {
  const env = { KUBECONFIG: cluster.server.kubeconfig, KVSTORE_PORT: '0', KVSTORE_HOST: '127.0.0.1', ...environment };
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => child.kill('SIGKILL'));
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (bytes: Buffer) => {
      output.text += bytes.toString();
    });
  }
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, output, exited };
}

test('starts, makes a KvStore with its real etcd, and on SIGTERM gives the Lease back and ends with 0', async (t) => {
  const { child, output, exited } = start(t, { KVSTORE_POD_NAMESPACE: operatorNamespace, KVSTORE_POD_NAME: 'me' });
  await cluster.createKvStore('default', 'real');
  await cluster.appears('statefulSets', 'default', 'real-etcd');
  await cluster.appears('ingresses', 'default', 'real');
  child.kill('SIGTERM');
  t.is(await exited, 0, output.text);
  const { spec } = await cluster.admin.request<{ spec: { holderIdentity: string } }>(
    'GET',
    `/apis/coordination.k8s.io/v1/namespaces/${operatorNamespace}/leases/kvstore-operator`,
  );
  t.is(spec.holderIdentity, '');
  for (const line of output.text.trim().split('\n')) t.notThrows(() => JSON.parse(line), line);
});

test('a setting that cannot be is told and ends it', async (t) => {
  const { output, exited } = start(t, { KVSTORE_WORKERS: '0' });
  t.not(await exited, 0);
  t.regex(output.text, /KVSTORE_WORKERS must be a whole number from 1 to 64, not "0"/);
});
