/** docs/etcd-recovery.md, with the commands as they are written there. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { waitFor } from '../test-support/wait-for.ts';
import { lost, send, startWriter } from './support/client.ts';
import { field, kubectl } from './support/kubectl.ts';
import { createKvStore, makeNamespace } from './support/kvstore.ts';
import { installOperator } from './support/operator.ts';

test.before('install', installOperator);

test('a quorum that was lost comes back by the documented steps, with every value of the survivor', async (t) => {
  const namespace = await makeNamespace(t);
  const store = await createKvStore(namespace, {}, 'shop');
  const writer = startWriter(store, 'recovery-');
  await waitFor('some writes', async () => writer.acknowledged() > 100, { timeout: 60_000 });
  const { acknowledged } = await writer.stop();
  await caughtUp(namespace);

  const others = [1, 2].map((ordinal) => `shop-etcd-${ordinal}`);
  await kubectl('delete', 'pvc', '-n', namespace, '--wait=false', ...others.map((pod) => `data-${pod}`));
  await kubectl('delete', 'pod', '-n', namespace, '--grace-period=0', '--force', ...others);
  const degraded = () => field('.status.conditions[?(@.type=="Degraded")].reason', 'kvs', 'shop', '-n', namespace);
  await waitFor('the quorum is lost', async () => (await degraded()) === 'EtcdQuorumLost', {
    timeout: 120_000,
    interval: 500,
  });
  t.is((await send(store, 'GET', '/get/recovery-0?consistency=stale')).status, 200);

  for (const step of await documentedSteps()) t.log(await run(namespace, step));
  await store.settled(240);
  t.deepEqual(await lost(store, acknowledged), []);
  t.is((await send(store, 'POST', '/set', '{"afterwards":1}')).status, 200);
});

/** The commands of the section on a surviving member, in their order. */
async function documentedSteps(): Promise<string[]> {
  const text = await readFile(new URL('../docs/etcd-recovery.md', import.meta.url), 'utf8');
  const [, section = ''] = /\n## One member survived\n([\s\S]*?)\n## /.exec(text) ?? [];
  const indented = /(?:^ {7}.*\n|^\n(?= {7}))+/gm;
  const steps = [...section.matchAll(indented)].map(([block]) => block.replaceAll(/^ {7}/gm, ''));
  if (steps.length !== 4) throw new Error(`${steps.length} blocks of commands in docs/etcd-recovery.md`);
  return steps;
}

/** As somebody types them whose current namespace is this one. */
async function run(namespace: string, commands: string): Promise<string> {
  const script = `set -euo pipefail\nkubectl() { command kubectl --namespace ${namespace} "$@"; }\n${commands}`;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { timeout: 360_000 });
  return stdout;
}

/** Member 0 holds everything that was written: a quorum of the other two could have acknowledged the last writes. */
async function caughtUp(namespace: string): Promise<void> {
  const applied = async (ordinal: number): Promise<number> => {
    const path = `/api/v1/namespaces/${namespace}/pods/http:shop-etcd-${ordinal}:2381/proxy/metrics`;
    const [, value] = /^etcd_server_proposals_applied_total (\S+)$/m.exec(await kubectl('get', '--raw', path)) ?? [];
    return Number(value ?? 0);
  };
  await waitFor('member 0 has caught up', async () => {
    const [first = 0, ...rest] = await Promise.all([0, 1, 2].map(applied));
    return first > 0 && first >= Math.max(...rest);
  });
}
