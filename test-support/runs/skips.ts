/** Which test files need which program: they are left out when it is missing, which prepare.ts says loudly. */
import { matchesGlob } from 'node:path';
import { type BinaryName, findBinary } from '../programs/binaries.ts';

/** Tests of the operator that start an API server. */
const withApiServer = [
  'additions',
  'certificates',
  'exposure/two-stores',
  'guard',
  'guard-definition',
  'paused',
  'upgrade/upgrade',
  'hostile',
  'reconcile/backup',
  'bounds',
  'conflicts',
  'crd',
  'drift',
  'control/leader',
  'limits',
  'main',
  'many',
  'namespaced',
  'objects',
  'open',
  'rbac',
  'reconcile/references',
  'resilience',
];

/** Tests that make certificates. */
const withOpenssl = [
  'cli/test/client/tls.test.ts',
  'operator/test/kube/pooled-kube-config.test.ts',
  'service/test/flow-control/socket-buffers/lingering-connections.test.ts',
  'service/test/image.test.ts',
  'service/test/server/{peers,tls}.test.ts',
  'service/test/telemetry/tracing/standard-variables.test.ts',
];

const needs: readonly { readonly files: string; readonly programs: readonly BinaryName[] }[] = [
  { files: 'service/test/injection/injection.test.ts', programs: ['etcd', 'etcdctl'] },
  { files: 'service/test/telemetry/tracing/etcd.test.ts', programs: ['etcd', 'etcdctl'] },
  { files: 'service/test/store/etcd/etcd-store.test.ts', programs: ['etcd', 'etcdctl'] },
  { files: 'service/test/store/etcd/secure.test.ts', programs: ['etcd', 'etcdctl'] },
  ...['client-certificates', 'users'].map((name) => ({
    files: `service/test/store/etcd/**/${name}.test.ts`,
    programs: ['etcd', 'etcdctl', 'openssl'] as const,
  })),
  ...[
    'conditional',
    'damage',
    'expiry',
    'foreign',
    'foreign-reader',
    'gathered-model',
    'increments',
    'leader',
    'leases',
    'lost-answers',
    'mutations',
    'put-back',
    'reader-keys',
    'readers',
    'two-families',
    'watch-kill',
    'watches',
  ].map((name) => ({
    files: `service/test/store/etcd/**/${name}.test.ts`,
    programs: ['etcd', 'etcdctl'] as const,
  })),
  ...['faults', 'timeline'].map((name) => ({
    files: `service/test/store/etcd/**/${name}.test.ts`,
    programs: ['etcd', 'etcdctl', 'etcdutl'] as const,
  })),
  { files: 'service/test/store/etcd/linearizable.test.ts', programs: ['etcd', 'etcdctl'] },
  { files: 'service/test/log-terminal.test.ts', programs: ['python3'] },
  { files: 'checks/clients/clients.test.ts', programs: ['go', 'python3'] },
  { files: 'checks/clients/typescript-fetch.test.ts', programs: ['java', 'mvn'] },
  { files: 'checks/gameday/runbook.test.ts', programs: ['etcd', 'kube-apiserver', 'kubectl'] },
  { files: 'checks/faults/faults.test.ts', programs: ['etcd', 'etcdctl'] },
  ...['life', 'troubles', 'gate', 'nudge', 'refusals', 'access/members', 'tls/members'].map((name) => ({
    files: `operator/test/etcd/${name}.test.ts`,
    programs: ['etcd'] as const,
  })),
  { files: 'operator/test/etcd/large-entries.test.ts', programs: ['etcd', 'etcdctl'] },
  { files: 'operator/test/etcd/recovery.test.ts', programs: ['etcd', 'etcdutl'] },
  { files: 'operator/test/config-files.test.ts', programs: ['kubectl'] },
  { files: 'operator/test/documented-recovery.test.ts', programs: ['etcd', 'kube-apiserver', 'kubectl'] },
  ...withApiServer.map((name) => ({
    files: `operator/test/${name}.test.ts`,
    programs: ['etcd', 'kube-apiserver'] as const,
  })),
  ...withOpenssl.map((files) => ({ files, programs: ['openssl'] as const })),
  { files: 'service/test/console/*.test.ts', programs: ['chromium'] },
  { files: 'bench/load/wrk.test.ts', programs: ['wrk'] },
  { files: 'dashboards/test/rules.test.ts', programs: ['promtool'] },
  { files: 'dashboards/test/scenes.test.ts', programs: ['promtool'] },
  { files: 'dashboards/test/alertmanager-live.test.ts', programs: ['prometheus-alertmanager'] },
  { files: 'dashboards/test/exemplars.test.ts', programs: ['prometheus'] },
  {
    files: 'dashboards/test/observability.test.ts',
    programs: ['promtool', 'etcd', 'kube-apiserver', 'kubectl'],
  },
  {
    files: 'dashboards/test/prometheus.test.ts',
    programs: ['prometheus', 'promtool', 'etcd', 'etcdctl', 'kube-apiserver', 'kubectl'],
  },
];

/** What a test file needs, by its path from the project's root. */
export function programsOf(file: string): BinaryName[] {
  return needs.filter(({ files }) => matchesGlob(file, files)).flatMap(({ programs }) => programs);
}

export interface Skip {
  readonly files: string;
  readonly missing: readonly BinaryName[];
}

/** Test files that cannot run here, and why. */
export function skips(): Skip[] {
  return needs
    .map(({ files, programs }) => ({ files, missing: programs.filter((name) => findBinary(name) === undefined) }))
    .filter(({ missing }) => missing.length > 0);
}
