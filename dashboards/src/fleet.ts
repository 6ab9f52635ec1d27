/** Dashboard "KvStore / Fleet": a row for each store, for hundreds of them. */
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { objectiveLimits } from './alerts/burn-rate.ts';
import { allRate, badRatio, budgetLeft } from './alerts/recording.ts';
import { defaults } from './alerts/thresholds.ts';
import { frame } from './dashboard.ts';
import { backupAge, notReady, versions } from './expressions.ts';
import { stat } from './panels.ts';
import { chosen, chosenName } from './selectors.ts';
import { alertTable, type Column, firing, firingCount, ofChosen, storeTable } from './tables.ts';

/** The operator's series with the label that the service's have. */
const asKvStore = (expr: string) =>
  `max by (namespace, kvstore) (label_replace(${expr}, "kvstore", "$1", "name", "(.+)"))`;

const columns: readonly Column[] = [
  {
    title: 'ready',
    unit: 'percentunit',
    limits: { bad: 0.001, good: 1 },
    expr: `sum by (namespace, kvstore) (kvstore_service_ready{${chosen}}) / count by (namespace, kvstore) (up{component="service", ${chosen}})`,
  },
  {
    title: 'alerts',
    unit: 'none',
    limits: { bad: 1 },
    expr: `count by (namespace, kvstore) (${firing(ofChosen)})`,
  },
  { title: 'replicas', unit: 'none', expr: asKvStore(`kvstore_replicas_ready{${chosenName}}`) },
  { title: 'wanted', unit: 'none', expr: asKvStore(`kvstore_replicas_desired{${chosenName}}`) },
  { title: 'versions', unit: 'none', limits: { warn: 2 }, expr: versions(chosen) },
  {
    title: 'version',
    unit: 'none',
    label: 'version',
    expr: `max by (namespace, kvstore, version) (kvstore_build_info{${chosen}}) unless on (namespace, kvstore) ${versions(chosen)} > 1`,
  },
  { title: 'requests', unit: 'reqps', expr: `${allRate('Availability')}{${chosen}}` },
  {
    title: 'server errors',
    unit: 'percentunit',
    limits: objectiveLimits('Availability'),
    expr: `${badRatio('Availability', '5m')}{${chosen}}`,
  },
  {
    title: 'slow requests',
    unit: 'percentunit',
    limits: objectiveLimits('Latency'),
    expr: `${badRatio('Latency', '5m')}{${chosen}}`,
  },
  {
    title: 'budget left',
    unit: 'percentunit',
    limits: { bad: 0, good: 0.25 },
    expr: `${budgetLeft('Availability')}{${chosen}}`,
  },
  {
    title: 'age of backup',
    unit: 's',
    limits: { warn: defaults.backupAgeSeconds },
    expr: asKvStore(backupAge(chosenName)),
  },
];

export function fleetDashboard(runbooks: string): DashboardBuilder {
  return frame({
    uid: 'kvstore-fleet',
    title: 'KvStore / Fleet',
    description: 'Every store in a row: state, version, and what is left of its error budget.',
    runbooks,
    namespaces: 'label_values(kvstore_build_info, namespace)',
    kvstores: 'label_values(kvstore_build_info{namespace=~"$namespace"}, kvstore)',
    first: [
      ...glance(),
      storeTable(
        {
          title: 'Every store',
          shows:
            'A row for each store; its name leads to its dashboard. An empty cell: no such series, as without traffic.',
          normal: 'no red and no orange.',
          otherwise: 'sort by the column that is red, and open the store.',
          noData: 'No store is scraped',
          width: 24,
          height: 13,
        },
        columns,
      ),
      alertTable(6),
    ],
    rows: {},
  });
}

function glance() {
  const each = { unit: 'none' as const, width: 4 };
  const stores = `count by (namespace, kvstore) (kvstore_build_info{${chosen}})`;
  const badStores = (expr: string) => `count(${expr}) or vector(0)`;
  return [
    stat({
      ...each,
      title: 'Stores',
      shows: 'Stores with at least one replica that is scraped.',
      normal: 'as many as there are.',
      otherwise: 'fewer: the scrape configuration.',
      noData: 'No store is scraped',
      queries: { stores: `count(${stores})` },
    }),
    stat({
      ...each,
      title: 'Stores that are not ready',
      shows: 'KvStores whose condition Ready is false.',
      normal: '0.',
      otherwise: 'the table below, sorted by ready.',
      limits: { bad: 1 },
      queries: { stores: badStores(notReady(chosenName)) },
      runbook: 'KvStoreNotReady',
    }),
    stat({
      ...each,
      title: 'Pages',
      shows: 'Alerts of severity page that fire.',
      normal: '0.',
      otherwise: 'somebody has to act now.',
      limits: { bad: 1 },
      queries: { pages: firingCount(`${ofChosen}, severity="page"`) },
    }),
    stat({
      ...each,
      title: 'Tickets',
      shows: 'Alerts of severity ticket that fire.',
      normal: '0.',
      otherwise: 'they can wait for the morning.',
      limits: { warn: 1 },
      queries: { tickets: firingCount(`${ofChosen}, severity="ticket"`) },
    }),
    stat({
      ...each,
      title: 'Stores without budget',
      shows: 'Stores that have had more errors in 30 days than the objective allows.',
      normal: '0.',
      otherwise: 'the table below, sorted by budget left.',
      limits: { bad: 1 },
      queries: { stores: badStores(`${budgetLeft('Availability')}{${chosen}} < 0`) },
      runbook: 'KvStoreAvailabilityBurnSlow',
    }),
    stat({
      ...each,
      title: 'Stores with two versions',
      shows: 'Stores whose replicas have different versions.',
      normal: '0, but for rollouts.',
      otherwise: 'the dashboard Rollout.',
      limits: { warn: 1 },
      queries: { stores: badStores(`${versions(chosen)} > 1`) },
      runbook: 'KvStoreVersionsMixed',
    }),
  ];
}
