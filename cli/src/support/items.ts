/** What a bundle holds of a KvStore on Kubernetes: files, and the calls of kubectl that fill them. */
import type { Pod } from './pods.ts';

export interface Item {
  readonly file: string;
  readonly args: readonly string[];
  /** Whether kubectl answers with an object of Kubernetes as JSON. */
  readonly isObject?: boolean;
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

/** Another application may have an instance of the same name. */
const ofStore = ({ kvstore }: Place) => ['-l', `app.kubernetes.io/name=kvstore,app.kubernetes.io/instance=${kvstore}`];

/** Both are read further: the KvStore for its TLS, the pods for what follows of each. */
export function kvStoreItem({ namespace, kvstore }: Place): Item {
  return { file: 'kvstore.json', args: ['-n', namespace, 'get', 'kvstore', kvstore, '-o', 'json'], isObject: true };
}

export function podsItem(place: Place): Item {
  const args = ['-n', place.namespace, 'get', 'pods', ...ofStore(place), '-o', 'json'];
  return { file: 'pods.json', args, isObject: true };
}

/** What is the same for every store. */
export function storeItems(place: Place): Item[] {
  const own = ['-n', place.namespace];
  const kinds = 'pods,deployments,statefulsets,services,pvc,jobs,cronjobs';
  const operatorLog = ['logs', 'deployment/kvstore-operator', `--tail=${place.tail}`];
  return [
    { file: 'versions.txt', args: ['version'] },
    { file: 'nodes.txt', args: ['get', 'nodes', '-o', 'wide'] },
    { file: 'objects.txt', args: [...own, 'get', kinds, ...ofStore(place), '-o', 'wide'] },
    { file: 'events.txt', args: [...own, 'get', 'events', '--sort-by=.lastTimestamp'] },
    { file: 'operator.log', args: ['-n', place.operatorNamespace, ...operatorLog] },
  ];
}

/** Of etcd, from inside one member. */
export function etcdItems({ namespace }: Place, pod: string): Item[] {
  const etcd = (file: string, ...args: string[]): Item => ({
    file: `etcd/${file}`,
    args: ['-n', namespace, 'exec', pod, ...etcdctl, ...args],
  });
  return [
    etcd('members.txt', 'member', 'list', '-w', 'table'),
    etcd('status.txt', 'endpoint', 'status', '--cluster', '-w', 'table'),
    etcd('health.txt', 'endpoint', 'health', '--cluster', '-w', 'table'),
    etcd('alarms.txt', 'alarm', 'list'),
  ];
}

/** Of one pod of the store. */
export function podItems({ namespace, tail }: Place, { name, container, metrics }: Pod): Item[] {
  const logs = ['-n', namespace, 'logs', name, '-c', container, `--tail=${tail}`];
  const proxy = (target: string) => `/api/v1/namespaces/${namespace}/pods/${target}/proxy/metrics`;
  return [
    { file: `pods/${name}.log`, args: logs },
    { file: `pods/${name}.previous.log`, args: [...logs, '--previous'] },
    ...(metrics === undefined ? [] : [{ file: `pods/${name}.metrics.txt`, args: ['get', '--raw', proxy(metrics)] }]),
  ];
}
