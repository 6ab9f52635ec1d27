/** The operator's settings: one table, read once, every fault reported together. */
import { parseWindow, type Window } from './upgrade/window.ts';

export interface Setting {
  readonly name: string;
  readonly default: string;
  readonly meaning: string;
}

/** Everything that can be set, in the order of the documentation. */
export const settings = [
  {
    name: 'KVSTORE_SERVICE_IMAGE',
    default: '',
    meaning: 'Service image of KvStores that name none. Default: kvstore/service and the version of this operator.',
  },
  {
    name: 'KVSTORE_ETCD_IMAGE',
    default: 'registry.k8s.io/etcd:v3.6.16',
    meaning: 'etcd image of KvStores that name none. The image of a release sets it, with its digest.',
  },
  {
    name: 'KVSTORE_WATCH_NAMESPACES',
    default: '',
    meaning: 'Namespaces to look after, separated by commas. Empty: all of them.',
  },
  {
    name: 'KVSTORE_POD_NAME',
    default: '',
    meaning: 'Name of this replica in the Lease and in Events. Default: the host name.',
  },
  {
    name: 'KVSTORE_POD_NAMESPACE',
    default: '',
    meaning: 'Namespace of the Lease. Empty: no leader election, for a single operator run by hand.',
  },
  { name: 'KVSTORE_PORT', default: '8081', meaning: 'Port of /livez, /readyz and /metrics. 0: any free port.' },
  { name: 'KVSTORE_HOST', default: '0.0.0.0', meaning: 'Address that this port is bound to.' },
  { name: 'KVSTORE_WORKERS', default: '4', meaning: 'KvStores in work at once.' },
  {
    name: 'KVSTORE_RESYNC_SECONDS',
    default: '600',
    meaning: 'Seconds between full lists of everything, should a watch have missed something.',
  },
  {
    name: 'KVSTORE_CA_PHASE_SECONDS',
    // A kubelet brings a changed Secret to its pods within its sync period and its cache's life, about two minutes.
    default: '600',
    meaning:
      'How long a new certificate authority is trusted before it signs, and the former one afterwards. Longer than a kubelet takes to update a Secret in pods.',
  },
  {
    name: 'KVSTORE_ETCD_ACCESS',
    default: 'dns',
    meaning: 'How members of etcd are addressed: dns (inside the cluster) or pod-ip.',
  },
  {
    name: 'KVSTORE_INGRESS_URLS',
    default: '',
    meaning:
      'Where Ingress controllers answer, by class: traefik=http://traefik.kube-system.svc,traefik=https://traefik.kube-system.svc. Routes are then asked which store they lead to; the status of the Ingress is trusted otherwise.',
  },
  {
    name: 'KVSTORE_OPEN_STORES',
    default: 'allowed',
    meaning:
      'allowed, or refused: a KvStore whose Ingress would answer for every host without tokens gets no Ingress until it has a host or tokens.',
  },
  {
    name: 'KVSTORE_MONITORING_NAMESPACES',
    default: '',
    meaning:
      'Namespaces, separated by commas, whose pods may read the metrics of the members of etcd, and those of a service that has KV_METRICS_PORT. Empty: those of all namespaces, and the clients of the KvStore.',
  },
  {
    name: 'KVSTORE_UPGRADES_AT_ONCE',
    default: '2',
    meaning:
      'How many KvStores get new pods at once when a new version of the operator makes them from something else.',
  },
  {
    name: 'KVSTORE_UPGRADE_PAUSE_SECONDS',
    default: '30',
    meaning: 'Pause between the end of one such KvStore and the next, and after the start of the operator.',
  },
  {
    name: 'KVSTORE_UPGRADE_WINDOW',
    default: '',
    meaning: 'Hours of each day, in UTC, in which they may begin: 22:00-04:30. Empty: at any time.',
  },
  { name: 'KVSTORE_LOG_LEVEL', default: 'info', meaning: 'trace, debug, info, warn, error or fatal.' },
] as const satisfies readonly Setting[];

type SettingName = (typeof settings)[number]['name'];
const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const etcdAccesses = ['dns', 'pod-ip'] as const;
/** As the API server has it (RFC 1123). */
const namespaceName = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const openStores = ['allowed', 'refused'] as const;

export interface Config {
  readonly serviceImage: string;
  readonly etcdImage: string;
  readonly namespaces: readonly string[];
  readonly podName: string;
  readonly podNamespace: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly resyncMs: number;
  readonly authorityPhaseMs: number;
  readonly etcdAccess: (typeof etcdAccesses)[number];
  /** By Ingress class. */
  readonly ingressAddresses: ReadonlyMap<string, readonly URL[]>;
  /** Whether a KvStore may answer for every host without tokens. */
  readonly openStores: (typeof openStores)[number];
  readonly monitoringNamespaces: readonly string[];
  readonly upgradesAtOnce: number;
  readonly upgradePauseMs: number;
  readonly upgradeWindow: Window | undefined;
  readonly logLevel: (typeof logLevels)[number];
}

export interface ConfigDefaults {
  readonly version: string;
  readonly hostName: string;
}

/** @throws Error that names every setting with a value it cannot have */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  defaults: ConfigDefaults,
): Config {
  const faults: string[] = [];
  const text = (name: SettingName): string => {
    const value = environment[name]?.trim() ?? '';
    return value === '' ? (settings.find((setting) => setting.name === name)?.default ?? '') : value;
  };
  const integer = (name: SettingName, min: number, max: number): number => {
    const value = Number(text(name));
    if (!Number.isInteger(value) || value < min || value > max) {
      faults.push(`${name} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text(name))}`);
    }
    return value;
  };
  const oneOf = <T extends string>(name: SettingName, choices: readonly T[]): T | undefined => {
    const choice = choices.find((known) => known === text(name));
    if (choice === undefined)
      faults.push(`${name} must be one of ${choices.join(', ')}, not ${JSON.stringify(text(name))}`);
    return choice;
  };
  const addresses = (name: SettingName): ReadonlyMap<string, readonly URL[]> => {
    const found = new Map<string, readonly URL[]>();
    for (const entry of text(name).split(',')) {
      if (entry.trim() === '') continue;
      const [, className = '', url = ''] = /^\s*([^=\s]+)=(\S+)\s*$/.exec(entry) ?? [];
      if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
        found.set(className, [...(found.get(className) ?? []), new URL(url)]);
      } else {
        faults.push(`${name} must be a list of class=URL, with http or https, not ${JSON.stringify(entry)}`);
      }
    }
    return found;
  };
  const window = (name: SettingName): Window | undefined => {
    const found = parseWindow(text(name));
    if (found === undefined && text(name) !== '') {
      faults.push(`${name} must be two different times such as 22:00-04:30, not ${JSON.stringify(text(name))}`);
    }
    return found;
  };
  const names = (name: SettingName): string[] => {
    const found = text(name)
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '');
    for (const each of found) {
      if (!namespaceName.test(each)) faults.push(`${name} must be names of namespaces, not ${JSON.stringify(each)}`);
    }
    return found;
  };
  const podNamespace = text('KVSTORE_POD_NAMESPACE');
  const config: Config = {
    serviceImage: text('KVSTORE_SERVICE_IMAGE') || `kvstore/service:${defaults.version}`,
    etcdImage: text('KVSTORE_ETCD_IMAGE'),
    namespaces: names('KVSTORE_WATCH_NAMESPACES'),
    podName: text('KVSTORE_POD_NAME') || defaults.hostName,
    podNamespace: podNamespace === '' ? undefined : podNamespace,
    host: text('KVSTORE_HOST'),
    port: integer('KVSTORE_PORT', 0, 65_535),
    workers: integer('KVSTORE_WORKERS', 1, 64),
    resyncMs: integer('KVSTORE_RESYNC_SECONDS', 1, 86_400) * 1000,
    authorityPhaseMs: integer('KVSTORE_CA_PHASE_SECONDS', 1, 604_800) * 1000,
    etcdAccess: oneOf('KVSTORE_ETCD_ACCESS', etcdAccesses) ?? 'dns',
    ingressAddresses: addresses('KVSTORE_INGRESS_URLS'),
    openStores: oneOf('KVSTORE_OPEN_STORES', openStores) ?? 'allowed',
    monitoringNamespaces: names('KVSTORE_MONITORING_NAMESPACES'),
    upgradesAtOnce: integer('KVSTORE_UPGRADES_AT_ONCE', 1, 1_000),
    upgradePauseMs: integer('KVSTORE_UPGRADE_PAUSE_SECONDS', 0, 86_400) * 1000,
    upgradeWindow: window('KVSTORE_UPGRADE_WINDOW'),
    logLevel: oneOf('KVSTORE_LOG_LEVEL', logLevels) ?? 'info',
  };
  if (faults.length > 0) throw new Error(`configuration: ${faults.join('; ')}`);
  return config;
}
