import type { V1Deployment } from '@kubernetes/client-node';
import test from 'ava';
import { isSubset } from '../../src/apply/subset.ts';
import { buildBackup, buildBackupClaim } from '../../src/desired/backup.ts';
import { buildDeployment } from '../../src/desired/deployment.ts';
import { buildServiceObjects } from '../../src/desired/desired.ts';
import { selectorLabels } from '../../src/desired/labels.ts';
import { buildNetworkPolicy } from '../../src/desired/network-policy.ts';
import { buildRestoreJob, restoreJobName } from '../../src/desired/restore-job.ts';
import { etcdNetworkPolicy } from '../../src/etcd/build/network-policy.ts';
import { etcdNames } from '../../src/etcd/names.ts';
import type { BackupSpec, RestoreSpec } from '../../src/kvstore.ts';
import { kvStore } from '../support/kvstore.ts';

const defaults = { serviceImage: 'default/image:1' };
const around = {
  ...{ defaults, secretVersions: '', hasServiceMonitors: false, restoring: false },
  freshReads: 'barrier',
} as const;
const daily: BackupSpec = { schedule: '@daily', retention: 7, suspend: false, storage: { size: '8Gi' } };
const latest: RestoreSpec = { volumeClaim: 'shop-backup', file: 'latest' };

function backup(spec: Partial<BackupSpec> = {}, live?: V1Deployment) {
  const { spec: cron } = buildBackup(kvStore(), { ...daily, ...spec }, defaults, live);
  const pod = cron?.jobTemplate.spec?.template.spec;
  return { cron, pod, container: pod?.containers[0] };
}

function restore(spec: Partial<RestoreSpec> = {}, live?: V1Deployment) {
  const { metadata, spec: job } = buildRestoreJob(kvStore(), { ...latest, ...spec }, defaults, live);
  const pod = job?.template.spec;
  return { metadata, job, pod, container: pod?.containers[0] };
}

test('a backup runs the command line of the service image against the Service, one at a time', (t) => {
  const { cron, container, pod } = backup();
  t.like(cron, { schedule: '@daily', concurrencyPolicy: 'Forbid', suspend: false });
  t.false('timeZone' in (cron ?? {}));
  t.is(container?.image, 'default/image:1');
  t.deepEqual(container?.args, ['backup', '/backup/shop', '--keep=7', '--retry-for=300']);
  t.deepEqual(container?.env, [
    { name: 'KV_URL', value: 'http://shop.web.svc:8080' },
    { name: 'KV_EXPECT_IDENTITY', value: 'web/shop/uid' },
  ]);
  t.deepEqual(pod?.volumes, [{ name: 'backup', persistentVolumeClaim: { claimName: 'shop-backup' } }]);
});

test('every pod of a KvStore has no privileges, no token and a read-only root', (t) => {
  const service = buildDeployment(kvStore(), defaults, '', 'barrier').spec?.template.spec;
  for (const [name, pod] of Object.entries({ service, backup: backup().pod, restore: restore().pod })) {
    t.is(pod?.automountServiceAccountToken, false, name);
    t.like(pod?.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, name);
    t.is(pod?.containers.length, 1, name);
    t.deepEqual(
      pod?.containers[0]?.securityContext,
      { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      name,
    );
  }
});

test('of a store that speaks https, backups and restores trust its authority, and never see its key', (t) => {
  const store = kvStore({ tls: { secretName: 'shop-tls' } });
  const pods = [
    buildBackup(store, daily, defaults, undefined).spec?.jobTemplate.spec?.template.spec,
    buildRestoreJob(store, latest, defaults, undefined).spec?.template.spec,
  ];
  for (const pod of pods) {
    const env = Object.fromEntries((pod?.containers[0]?.env ?? []).map(({ name, value }) => [name, value]));
    t.like(env, { KV_URL: 'https://shop.web.svc:8080', KV_OPTIONAL_CA_FILE: '/etc/kvstore/tls/ca.crt' });
    const items = [{ key: 'ca.crt', path: 'ca.crt' }];
    // Optional: with a certificate of a public authority there is none.
    const secret = { secretName: 'shop-tls', items, defaultMode: 0o440, optional: true };
    t.deepEqual(pod?.volumes?.at(-1), { name: 'tls', secret });
    t.like(pod?.containers[0]?.volumeMounts?.at(-1), { name: 'tls', mountPath: '/etc/kvstore/tls', readOnly: true });
  }
});

test('replicas that an older operator made give no identity, and none is insisted on', (t) => {
  const current = buildDeployment(kvStore(), defaults, '', 'barrier');
  const older = structuredClone(current);
  for (const container of older.spec?.template.spec?.containers ?? []) {
    container.env = (container.env ?? []).filter(({ name }) => name !== 'KV_IDENTITY');
  }
  const insists = (live: V1Deployment | undefined) =>
    [backup({}, live), restore({}, live)].map(({ container }) =>
      container?.env?.some(({ name }) => name === 'KV_EXPECT_IDENTITY'),
    );
  t.deepEqual(insists(older), [false, false]);
  t.deepEqual(insists(current), [true, true]);
  t.deepEqual(insists(undefined), [true, true], 'those that are still to be made give it');
  const cronJob = buildServiceObjects(kvStore({ backup: daily }), { ...around, live: older }).find(
    ({ kind }) => kind === 'CronJob',
  );
  t.deepEqual(cronJob, buildBackup(kvStore(), daily, defaults, older));
});

test('a named claim is used, else one is made', (t) => {
  const { storage: _, ...named } = { ...daily, volumeClaim: 'mine' };
  t.is(buildBackupClaim(kvStore(), named), undefined);
  t.like(buildBackup(kvStore(), named, defaults, undefined).spec?.jobTemplate.spec?.template.spec?.volumes?.[0], {
    persistentVolumeClaim: { claimName: 'mine' },
  });
  const claim = buildBackupClaim(kvStore(), { ...daily, storage: { size: '1Gi', className: 'slow' } });
  t.is(claim?.metadata?.name, 'shop-backup');
  t.like(claim?.spec, { storageClassName: 'slow', resources: { requests: { storage: '1Gi' } } });
});

test('the token is a file of its Secret, for a backup and for a restore', (t) => {
  for (const { pod, container } of [backup({ tokenSecretName: 'token' }), restore({ tokenSecretName: 'token' })]) {
    t.deepEqual(pod?.volumes?.[1], { name: 'token', secret: { secretName: 'token', defaultMode: 0o440 } });
    const folder = container?.volumeMounts?.[1]?.mountPath;
    t.true(container?.env?.some(({ name, value }) => name === 'KV_TOKEN_FILE' && value === `${folder}/token`));
  }
});

test('a restore takes the newest backup of a KvStore, or the one that is named, and cannot change any', (t) => {
  t.deepEqual(restore().container?.args?.slice(0, 2), ['restore', '/backup/shop']);
  t.is(restore({ kvStore: 'old', file: 'a.jsonl' }).container?.args?.[1], '/backup/old/a.jsonl');
  t.true(restore().container?.volumeMounts?.[0]?.readOnly);
});

test('a pod sees the folder of one KvStore on the volume, and nothing else', (t) => {
  const mountOf = ({ container }: ReturnType<typeof backup> | ReturnType<typeof restore>) =>
    container?.volumeMounts?.[0];
  t.deepEqual(mountOf(backup()), { name: 'backup', mountPath: '/backup/shop', subPath: 'shop' });
  const others = mountOf(restore({ kvStore: 'old' }));
  t.deepEqual(others, { name: 'backup', mountPath: '/backup/old', subPath: 'old', readOnly: true });
});

test('another restore is another Job, the same one is the same', (t) => {
  const nameOf = (spec: Partial<RestoreSpec>) => restoreJobName(kvStore(), { ...latest, ...spec });
  t.is(nameOf({}), nameOf({}));
  const others = [nameOf({}), nameOf({ file: 'a' }), nameOf({ volumeClaim: 'b' }), nameOf({ kvStore: 'c' })];
  t.is(new Set(others).size, others.length);
});

test('the pods may talk to the service, and not to etcd; no Service, budget or policy takes them for its own', (t) => {
  t.is(buildNetworkPolicy(kvStore()).spec.ingress[0]?.from, undefined, 'all clients may, as long as none is named');
  const named = kvStore({ clients: [{ namespaceSelector: {} }] });
  const peers = buildNetworkPolicy(named).spec.ingress[0]?.from ?? [];
  const { cron } = backup();
  for (const labels of [cron?.jobTemplate.spec?.template.metadata?.labels, restore().job?.template.metadata?.labels]) {
    t.true(peers.some(({ podSelector }) => isSubset(podSelector?.matchLabels, labels)));
    for (const component of ['service', 'etcd'] as const) t.false(isSubset(selectorLabels('shop', component), labels));
    const rules = etcdNetworkPolicy(etcdNames(kvStore()), 'shop', {
      operatorNamespace: 'kvstore-system',
      monitoringNamespaces: [],
    }).spec.ingress;
    const allowed = rules.flatMap(({ from = [] }) => from).map(({ podSelector }) => podSelector?.matchLabels);
    t.true(allowed.length > 0);
    for (const selector of allowed) t.false(isSubset(selector, labels), JSON.stringify(selector));
  }
});

test('there is no Ingress before the restore is done', (t) => {
  const kinds = (restoring: boolean) =>
    buildServiceObjects(kvStore({ restoreFrom: latest, backup: daily }), {
      ...around,
      restoring,
    }).map(({ kind }) => kind);
  t.false(kinds(true).includes('Ingress'));
  t.true(kinds(false).includes('Ingress'));
  for (const kind of ['CronJob', 'PersistentVolumeClaim']) t.true(kinds(true).includes(kind));
});
