/** Starts the operator from the process's environment and ends it on a signal. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import { systemClock } from './clock.ts';
import { type Config, readConfig } from './config.ts';
import { memberClient } from './etcd/members/client.ts';
import { clientPort, etcdNames } from './etcd/names.ts';
import { reconcileEtcd } from './etcd/reconcile-etcd.ts';
import { PooledKubeConfig } from './kube/pooled-kube-config.ts';
import { createLog, logOutput } from './log.ts';
import { startOperator } from './operator.ts';
import type { MemberAccess } from './reconcile/etcd-tools.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
// A pipe is made one that never waits by being looked at; and what cannot be written there must not end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const config = readConfig(process.env, { version, hostName: hostname() });
const registry = new Registry();
const output = logOutput(registry);
const log = createLog(config.logLevel, output);
const kubeConfig = new PooledKubeConfig();
kubeConfig.loadFromDefault();

const operator = await startOperator({
  kubeConfig,
  config,
  clock: systemClock,
  log,
  reconcileEtcd,
  memberAccess: accessFor(config),
  build: { version, node: process.version },
  registry,
  now: () => new Date(),
});
const stop = (signal: NodeJS.Signals): void => {
  log.info({ signal }, 'stopping');
  operator.stop().catch((error: unknown) => log.error({ err: error }, 'could not stop'));
  process.once(signal, () => process.exit(1));
};
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
// Said last: what waits for this line may send a signal at once.
log.info({ version, port: operator.port, namespaces: config.namespaces }, 'operator started');

const failure = await operator.ended;
await kubeConfig.destroy();
if (failure !== undefined) log.error({ err: failure }, 'operator ended');
await output.flush(1000);
process.exitCode = failure === undefined ? 0 : 1;

function accessFor({ etcdAccess }: Config): MemberAccess {
  return (kvstore, podName, podIp, identity) => {
    const serverName = `${podName}.${etcdNames(kvstore).name}.${kvstore.metadata.namespace}.svc`;
    const host = etcdAccess === 'pod-ip' && podIp !== undefined ? podIp : serverName;
    return memberClient({ url: `https://${host}:${clientPort}`, serverName }, identity);
  };
}
