/**
 * Test files that take long: each starts clusters, kills processes, or tries thousands of cases. `npm test` leaves them
 * out, so that it takes minutes; `npm run test:all` and continuous integration run them as well.
 */
const inService = [
  'budgets',
  'console/{console,event-source,million}',
  'http/{expiry,model,streams,versions}',
  'injection/injection',
  'log-failures',
  'operations/slow-readers',
  'requests/body/bodies-at-once',
  'server/{abandoned-searches,admission,tls}',
  'shutdown',
  'store/{damage-while-serving,directory,disk-full,kill}',
  'store/damage/damage',
  'store/embedded/embedded-timeline',
  'store/etcd/{client-certificates,expiry,faults,lost-answers,linearizable,secure,timeline,users,watch-kill}',
  'store/etcd/connect/leader',
  'store/etcd/read/watches',
  'store/etcd/readers/{foreign-reader,readers}',
  'store/etcd/replicate/foreign',
  'telemetry/tracing',
  'telemetry/tracing/{etcd,requests}',
];

const inOperator = [
  'additions',
  'bounds',
  'conflicts',
  'control/leader',
  'drift',
  'exposure/two-stores',
  'guard',
  'guard-definition',
  'hostile',
  'limits',
  'many',
  'namespaced',
  'rbac',
  'reconcile/{backup,references}',
  'resilience',
  'certificates',
  'etcd/{gate,large-entries,life,recovery,refusals,troubles}',
  'etcd/access/members',
  'etcd/model/histories',
  'etcd/tls/members',
  'upgrade/upgrade',
];

/** Globs, by the path from the project's root. */
export const longTests: readonly string[] = [
  ...inService.map((name) => `service/test/${name}.test.ts`),
  ...inOperator.map((name) => `operator/test/${name}.test.ts`),
  'checks/{budgets/budgets,clients/{clients,typescript-fetch},faults/faults,model/model,overload/overload}.test.ts',
  'cli/test/{backup,damage,export,identity,import,texts,client/tls}.test.ts',
  'images/test/{compile-cache,sbom}.test.ts',
  'dashboards/test/{alertmanager-live,exemplars,observability,prometheus,rules,scenes}.test.ts',
];
