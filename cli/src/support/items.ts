/** What a bundle holds of a KvStore on Kubernetes: files, and the calls of kubectl that fill them. */
import { redactObject, redactText } from './redact.ts';

export interface Item {
  readonly file: string;
  readonly args: readonly string[];
  readonly redact: (text: string) => string;
}

export interface Place {
  readonly namespace: string;
  readonly kvstore: string;
  readonly operatorNamespace: string;
  /** Last lines of each log. */
  readonly tail: number;
}

/** etcdctl inside a member, with the member's own certificate: its image has no shell. */
const etcdctl = [
  ...['-c', 'etcd', '--', '/usr/local/bin/etcdctl', '--endpoints=https://127.0.0.1:2379', '--command-timeout=10s'],
  ...['--cacert=/etc/etcd-tls/ca.crt', '--cert=/etc/etcd-tls/tls.crt', '--key=/etc/etcd-tls/tls.key'],
];

/** What is the same for every store. */
export function storeItems({ namespace, kvstore, operatorNamespace, tail }: Place): Item[] {
  const own = ['-n', namespace];
  const ofStore = ['-l', `app.kubernetes.io/instance=${kvstore}`];
  const etcd = (file: string, ...args: string[]): Item => ({
    file: `etcd/${file}`,
    args: [...own, 'exec', `${kvstore}-etcd-0`, ...etcdctl, ...args],
    redact: redactText,
  });
  const text = (file: string, ...args: string[]): Item => ({ file, args, redact: redactText });
  return [
    text('versions.txt', 'version'),
    text('nodes.txt', 'get', 'nodes', '-o', 'wide'),
    { file: 'kvstore.json', args: [...own, 'get', 'kvstore', kvstore, '-o', 'json'], redact: redactObject },
    text(
      'objects.txt',
      ...own,
      'get',
      'pods,deployments,statefulsets,services,pvc,jobs,cronjobs',
      ...ofStore,
      '-o',
      'wide',
    ),
    { file: 'pods.json', args: [...own, 'get', 'pods', ...ofStore, '-o', 'json'], redact: redactObject },
    text('events.txt', ...own, 'get', 'events', '--sort-by=.lastTimestamp'),
    text('operator.log', '-n', operatorNamespace, 'logs', 'deployment/kvstore-operator', `--tail=${tail}`),
    etcd('members.txt', 'member', 'list', '-w', 'table'),
    etcd('status.txt', 'endpoint', 'status', '--cluster', '-w', 'table'),
    etcd('health.txt', 'endpoint', 'health', '--cluster', '-w', 'table'),
    etcd('alarms.txt', 'alarm', 'list'),
  ];
}

/** Of one pod of the store. */
export function podItems({ namespace, tail }: Place, pod: string, container: string): Item[] {
  const logs = ['-n', namespace, 'logs', pod, '-c', container, `--tail=${tail}`];
  const port = container === 'etcd' ? 2381 : 8080;
  const metrics = `/api/v1/namespaces/${namespace}/pods/${pod}:${port}/proxy/metrics`;
  return [
    { file: `pods/${pod}.log`, args: logs, redact: redactText },
    { file: `pods/${pod}.previous.log`, args: [...logs, '--previous'], redact: redactText },
    { file: `pods/${pod}.metrics.txt`, args: ['get', '--raw', metrics], redact: redactText },
  ];
}
