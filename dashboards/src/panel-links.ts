/** Links from a value to the next level: from the fleet to a store, from a store to a pod, from a pod to its log. */
import { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

/** A variable as Grafana fills it in. */
const variable = (name: string) => `$\{${name}}`;

const around = `${variable('datasource:queryparam')}&${variable('__url_time_range')}`;

const serviceOf = (variables: string) => `/d/kvstore-service?${variables}&${around}`;
const pod = variable('__field.labels.pod');

/** Grafana's Explore with the log of a pod; needs a data source for Loki. */
function logs(): string {
  const panes = {
    logs: {
      datasource: variable('logs'),
      queries: [{ refId: 'A', expr: `{namespace=~"${variable('namespace:regex')}", pod="${pod}"}` }],
      range: { from: variable('__from'), to: variable('__to') },
    },
  };
  return `/explore?schemaVersion=1&panes=${JSON.stringify(panes)}`;
}

const link = (title: string, url: string) => new DashboardLinkBuilder(title).url(url);

/** By what the legends name. */
export function dataLinksOf(queries: Readonly<Record<string, string>>): DashboardLinkBuilder[] {
  const legends = Object.keys(queries).join();
  const isOfService = Object.values(queries).some((expr) => expr.includes('pod=~"$pod"'));
  const links: DashboardLinkBuilder[] = [];
  if (legends.includes('{{name}}')) {
    const store = `var-namespace=${variable('__field.labels.namespace')}&var-kvstore=${variable('__field.labels.name')}`;
    links.push(link('This store', serviceOf(store)));
  }
  if (legends.includes('{{pod}}')) {
    const store = `${variable('namespace:queryparam')}&${variable('kvstore:queryparam')}`;
    if (isOfService) links.push(link('This pod', serviceOf(`${store}&var-pod=${pod}`)));
    links.push(link('Log of this pod', logs()));
  }
  return links;
}

/** From a row of a table to its store, which is in the columns namespace and store. */
export const storeOfRow = {
  title: 'This store',
  url: serviceOf(`var-namespace=${variable('__data.fields.namespace')}&var-kvstore=${variable('__data.fields.store')}`),
};
