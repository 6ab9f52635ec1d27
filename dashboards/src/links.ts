/** Where an alert leads: the runbook of its name and the dashboard that shows it. */

export interface Links {
  /** Address of docs/runbooks.md, without `#`. */
  readonly runbooks: string;
  /** Address of Grafana without a slash at its end, '' for links that are relative to it. */
  readonly grafana: string;
}

/** The file in this repository at the version of the rules, and the Grafana that shows the alert. */
export const defaultLinks: Links = { runbooks: 'docs/runbooks.md', grafana: '' };

export const runbookUrl = ({ runbooks }: Links, alert: string) => `${runbooks}#${alert.toLowerCase()}`;

/**
 * @param uid of the dashboard, which is also its address
 * @param variables of the dashboard, and what they are set to
 */
export function dashboardUrl({ grafana }: Links, uid: string, variables: Readonly<Record<string, string>>): string {
  const query = Object.entries(variables).map(([name, value]) => `var-${name}=${value}`);
  return `${grafana}/d/${uid}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

/** What the variable holds, or the default. `{version}` becomes the version of this repository. */
export function linksOf(env: Readonly<Record<string, string | undefined>>, version: string): Links {
  return {
    runbooks: (env.KVSTORE_RUNBOOKS_URL || defaultLinks.runbooks).replaceAll('{version}', version),
    grafana: (env.KVSTORE_GRAFANA_URL || defaultLinks.grafana).replace(/\/+$/, ''),
  };
}
