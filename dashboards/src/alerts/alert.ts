/** An alert: when it fires, for how long that must hold, how urgent it is, and what the person on call reads. */
import { dashboardUrl, type Links, runbookUrl } from '../links.ts';

/** page: somebody is woken. ticket: it can wait for the morning. */
export type Severity = 'page' | 'ticket';

/** What an alert is about, by the labels that its series have. */
export type Subject = 'store' | 'replica' | 'member' | 'kvstore' | 'volume' | 'operator';

export interface Alert {
  /** Also the title of its section in docs/runbooks.md. */
  readonly name: string;
  readonly severity: Severity;
  /** Why it is a page or a ticket. */
  readonly reason: string;
  /** Prometheus's duration, such as 5m. */
  readonly for: string;
  /** Why it waits for that long, and why its windows are as they are. */
  readonly wait: string;
  readonly expr: string;
  /** The parts of expr that exist while all is well, without their thresholds. */
  readonly signals: readonly string[];
  readonly subject: Subject;
  /** uid of the dashboard to look at first. */
  readonly dashboard: 'kvstore-service' | 'kvstore-rollout' | 'kvstore-operator';
  /** What users feel, and of which store. One sentence; may use `{{ $labels.x }}`. */
  readonly summary: string;
  /** How much, with `{{ $value }}` in human units; then what usually causes it. */
  readonly description: string;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A name in the texts of alerts. */
export const label = (name: string) => `{{ $labels.${name} }}`;

/** Who is concerned, in the texts of alerts: `namespace/name`. */
export const storeName = `${label('namespace')}/${label('kvstore')}`;
export const kvStoreName = `${label('namespace')}/${label('name')}`;

/** `$value` as people read it. */
export const value = {
  number: '{{ $value | humanize }}',
  bytes: '{{ $value | humanize1024 }}B',
  percent: '{{ $value | humanizePercentage }}',
  duration: '{{ $value | humanizeDuration }}',
};

const store = { namespace: label('namespace'), kvstore: label('kvstore') };
const variables: Readonly<Record<Subject, Readonly<Record<string, string>>>> = {
  store,
  replica: { ...store, pod: label('pod') },
  member: store,
  kvstore: { namespace: label('namespace'), kvstore: label('name') },
  volume: { namespace: label('namespace') },
  operator: {},
};

/**
 * The store as the label kvstore, for alerts whose series call it otherwise: Alertmanager groups and inhibits by one label.
 */
const ownLabels: Partial<Record<Subject, Readonly<Record<string, string>>>> = {
  kvstore: { kvstore: label('name') },
  volume: { kvstore: '{{ reReplaceAll "data-(.*)-etcd-[0-9]+" "$1" $labels.persistentvolumeclaim }}' },
};

export function ruleOf(alert: Alert, links: Links): AlertingRule {
  const { name, severity, for: duration, expr, summary, description, dashboard, subject } = alert;
  const annotations = {
    summary,
    description,
    dashboard_url: dashboardUrl(links, dashboard, variables[subject]),
    runbook_url: runbookUrl(links, name),
  };
  return { alert: name, expr, for: duration, labels: { severity, ...ownLabels[subject] }, annotations };
}
