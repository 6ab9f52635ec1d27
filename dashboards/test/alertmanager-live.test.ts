/** What a real Alertmanager sends with the example's routes and inhibition. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { needBinary } from '../../test-support/programs/binaries.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { allAlerts } from '../src/alerts/all.ts';

const file = fileURLToPath(new URL('../alertmanager.yaml', import.meta.url));

test('a real Alertmanager pages for the cause alone, and keeps tickets apart', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-alertmanager-'));
  const [port = 0] = await freePorts(1);
  const args = [`--config.file=${file}`, `--storage.path=${folder}`, `--web.listen-address=127.0.0.1:${port}`];
  const child = spawn(needBinary('prometheus-alertmanager'), [...args, '--cluster.listen-address='], {
    stdio: 'ignore',
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });
  const api = `http://127.0.0.1:${port}/api/v2`;
  await waitFor('Alertmanager is ready', async () => (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok);

  const severity = (alertname: string) => allAlerts.find(({ name }) => name === alertname)?.severity ?? '';
  const alert = (alertname: string, kvstore: string) => ({
    labels: { alertname, namespace: 'web', kvstore, severity: severity(alertname) },
  });
  const alerts = [
    alert('KvStoreEtcdNoQuorum', 'shop'),
    alert('KvStoreNotReady', 'shop'),
    alert('KvStoreAvailabilityBurnFast', 'shop'),
    alert('KvStoreEtcdMemberDown', 'shop'),
    alert('KvStoreAvailabilityBurnFast', 'till'),
    alert('KvStoreAvailabilityBurnSlow', 'till'),
    alert('KvStoreEtcdMemberDown', 'till'),
  ];
  const headers = { 'content-type': 'application/json' };
  await fetch(`${api}/alerts`, { method: 'POST', headers, body: JSON.stringify(alerts) });
  interface Group {
    readonly receiver: { readonly name: string };
    readonly alerts: readonly {
      readonly labels: Readonly<Record<string, string>>;
      readonly status: { readonly state: string };
    }[];
  }
  const groups = await waitFor('all alerts are taken', async () => {
    const found = (await (await fetch(`${api}/alerts/groups`)).json()) as readonly Group[];
    const states = found.flatMap((group) => group.alerts);
    return states.length === alerts.length && states.every(({ status }) => status.state !== 'unprocessed') && found;
  });
  const sent = groups.flatMap(({ receiver, alerts: own }) =>
    own
      .filter(({ status }) => status.state === 'active')
      .map(({ labels }) => `${receiver.name}: ${labels.kvstore} ${labels.alertname}`),
  );
  t.deepEqual(sent.sort(), [
    'on-call: shop KvStoreEtcdNoQuorum',
    'on-call: till KvStoreAvailabilityBurnFast',
    'tickets: till KvStoreEtcdMemberDown',
  ]);
});
