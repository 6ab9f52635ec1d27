/**
 * A real etcd and kube-apiserver on free loopback ports, in a folder of their own: no kubelet and no controllers, so
 * nothing ever runs, but every rule of the API holds: schemas, admission, RBAC, watches, server-side apply.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from './network/free-ports.ts';
import { type BinaryName, findBinary } from './programs/binaries.ts';
import { waitFor } from './wait-for.ts';

export interface KubeApiServer {
  /** https://127.0.0.1:<port> */
  readonly url: string;
  /** Path of a kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  /** A kubeconfig, as text, for the holder of this token. */
  kubeconfigFor(token: string): string;
  /** Ends the API server without any notice, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the same etcd. */
  start(): Promise<void>;
  /** Ends both and removes the folder. */
  stop(): Promise<void>;
  /** Where every call is recorded, one JSON object a line, when that was asked for. */
  readonly auditLog: string;
  /** Address of its etcd. */
  readonly etcdUrl: string;
}

/**
 * @param audit true: record every call
 * @throws Error when a program is missing or does not come up
 */
export async function startKubeApiServer({ audit = false } = {}): Promise<KubeApiServer> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-apiserver-'));
  const [etcdPort, peerPort, port] = await freePorts(3);
  const adminToken = randomUUID();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(folder, 'sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  await writeFile(join(folder, 'sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(folder, 'tokens.csv'), `${adminToken},admin,admin,system:masters\n`);
  const url = `https://127.0.0.1:${port}`;
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const kubeconfigFor = (token: string): string => kubeconfigText(url, token);
  const auditLog = join(folder, 'audit.log');
  await writeFile(join(folder, 'audit.json'), JSON.stringify(auditPolicy));
  await writeFile(join(folder, 'kubeconfig'), kubeconfigFor(adminToken));

  const etcd = run('etcd', folder, [
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ]);
  let apiServer: ChildProcess | undefined;

  const server: KubeApiServer = {
    url,
    etcdUrl,
    kubeconfig: join(folder, 'kubeconfig'),
    kubeconfigFor,
    auditLog,
    async kill() {
      if (apiServer !== undefined) await end(apiServer);
      apiServer = undefined;
    },
    async start() {
      const started = run('kube-apiserver', folder, [
        `--etcd-servers=${etcdUrl}`,
        `--cert-dir=${join(folder, 'certs')}`,
        `--secure-port=${port}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        '--service-cluster-ip-range=10.0.0.0/16',
        '--authorization-mode=RBAC',
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        `--service-account-key-file=${join(folder, 'sa.pub')}`,
        `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        // The service account admission plugin waits for what only a controller makes.
        '--disable-admission-plugins=ServiceAccount',
        // Tests of an expired watch compact the history themselves.
        '--etcd-compaction-interval=0',
        '--profiling=false',
        '--shutdown-delay-duration=0s',
        ...(audit ? [`--audit-log-path=${auditLog}`, `--audit-policy-file=${join(folder, 'audit.json')}`] : []),
      ]);
      apiServer = started;
      await waitFor('kube-apiserver is ready', async () => {
        if (started.exitCode !== null) throw new Error(`kube-apiserver ended, see ${folder}/kube-apiserver.log`);
        await readyz(url, adminToken);
        return true;
      });
    },
    async stop() {
      await server.kill();
      await end(etcd);
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await server.start();
  } catch (error) {
    const log = await readFile(join(folder, 'kube-apiserver.log'), 'utf8').catch(() => '');
    await server.stop();
    throw new Error(`kube-apiserver did not come up: ${log.slice(-2000)}`, { cause: error });
  }
  return server;
}

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

function run(name: BinaryName, folder: string, args: readonly string[]): ChildProcess {
  const path = findBinary(name);
  if (path === undefined) throw new Error(`${name} was found neither in KUBEBUILDER_ASSETS nor in the PATH`);
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

async function readyz(url: string, token: string): Promise<void> {
  const { KubeConfig, Health } = await import('@kubernetes/client-node');
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(kubeconfigText(url, token));
  if (!(await new Health(kubeConfig).readyz({ signal: AbortSignal.timeout(2000) }))) throw new Error('not ready');
}

function kubeconfigText(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}
