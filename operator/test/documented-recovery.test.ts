/** docs/etcd-recovery.md on an API server that is real: what its commands apply is admitted, restricted pods only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { needBinary } from '../../test-support/binaries.ts';
import { documentedSteps } from '../../test-support/documented-steps.ts';
import { type KubeApiServer, startKubeApiServer } from '../../test-support/kube-apiserver.ts';

let server: KubeApiServer;

test.before(async () => {
  server = await startKubeApiServer();
});

test.after.always(() => server?.stop());

const namespace = 'shop-of-the-page';

/** Resolves with what kubectl printed; rejects with its errors. */
async function kubectl(words: readonly string[], input = ''): Promise<string> {
  const child = spawn(needBinary('kubectl'), ['--kubeconfig', server.kubeconfig, ...words]);
  child.stdin.end(input);
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(errors);
  return out;
}

test('the pods and claims of the page are admitted where only restricted pods are', async (t) => {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    // There is no controller that would make it.
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
  ];
  for (const object of objects) await kubectl(['create', '-f', '-'], JSON.stringify(object));
  const page = 'etcd-recovery.md';
  const steps = [
    ...(await documentedSteps(page, 'One member survived')),
    ...(await documentedSteps(page, 'Only a backup is left')),
  ];
  const manifests = steps.flatMap((step) => [...step.matchAll(/<<EOF\n(.*?)^EOF$/gms)].map(([, yaml = '']) => yaml));
  const made: string[] = [];
  for (const manifest of manifests) {
    const words = ['create', '--dry-run=server', '--validate=strict', '-o', 'name', '-n', namespace, '-f', '-'];
    made.push(...(await kubectl(words, manifest)).trim().split('\n'));
  }
  const claims = ['shop-etcd-snapshot', 'data-shop-etcd-0'].map((name) => `persistentvolumeclaim/${name}`);
  const pods = ['shop-etcd-recovery', 'shop-etcd-snapshot', 'shop-etcd-recovery'].map((name) => `pod/${name}`);
  const policy = 'networkpolicy.networking.k8s.io/shop-etcd-snapshot';
  t.deepEqual(made.sort(), [...claims, ...pods, policy].sort());
});
