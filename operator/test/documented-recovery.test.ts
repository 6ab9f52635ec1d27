/** docs/etcd-recovery.md on an API server that is real: what its commands apply is admitted, restricted pods only. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { removalTime } from '../../service/src/store/etcd/readers/times.ts';
import { type KubeApiServer, startKubeApiServer } from '../../test-support/kube-apiserver.ts';
import { needBinary } from '../../test-support/programs/binaries.ts';
import { documentedSteps } from '../../test-support/project/documented-steps.ts';

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

test('whatever is put back, the old members have been gone for longer than a replica may read by a lease of them', async (t) => {
  const [stop = '', ...others] = await documentedSteps('etcd-recovery.md', 'One member survived');
  const [, end = '', rest = ''] = /^kubectl wait --for delete pod ([^\n]*)\n(.*)$/ms.exec(stop) ?? [];
  t.regex(end, /app\.kubernetes\.io\/component=etcd/);
  const [, seconds = '0'] = /^sleep (\d+)$/m.exec(rest) ?? [];
  t.true(Number(seconds) * 1000 >= removalTime, seconds);
  t.notRegex(stop, /kind: Pod|"paused":false/, 'nothing begins before');
  t.true(others.some((step) => step.includes('"paused":false')));
  const page = await readFile(new URL('../../docs/etcd-recovery.md', import.meta.url), 'utf8');
  for (const title of ['Only a backup is left', 'Volumes are put back']) {
    const section = page.split(/^## /m).find((each) => each.startsWith(title)) ?? '';
    t.regex(
      section,
      /with the commands of step 1 above|\(#one-member-survived\)/,
      `${title} begins with the same step`,
    );
  }
});
