/** An alert: when it fires, for how long that must hold, how urgent it is. */

/** page: somebody is woken. ticket: it can wait for the morning. */
export type Severity = 'page' | 'ticket';

export interface Alert {
  /** Also the title of its section in docs/runbooks.md. */
  readonly name: string;
  readonly severity: Severity;
  /** Prometheus's duration, such as 5m. */
  readonly for: string;
  readonly expr: string;
  /** The parts of expr that exist while all is well, without their thresholds. */
  readonly signals: readonly string[];
  /** One sentence; may use `{{ $labels.x }}`. */
  readonly summary: string;
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** @param runbooks URL of docs/runbooks.md */
export function ruleOf({ name, severity, for: duration, expr, summary }: Alert, runbooks: string): Rule {
  const annotations = { summary, runbook_url: `${runbooks}#${name.toLowerCase()}` };
  return { alert: name, expr, for: duration, labels: { severity }, annotations };
}
