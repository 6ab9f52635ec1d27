/** Every query of the dashboards and alerts, asked of a real Prometheus that scrapes real processes. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { allAlerts, allRecords } from '../src/alerts/all.ts';
import { allDashboards } from '../src/all.ts';
import type { Sample } from './support/prometheus.ts';
import { fillIn, queriesOf } from './support/queries.ts';
import { type Rig, startRig } from './support/rig.ts';

/** Several scrapes of one second each. */
const rateInterval = '15s';
/** Alerts whose series nothing here has, and what has them. */
const elsewhere: Readonly<Record<string, string>> = {
  KvStoreEtcdVolumeFilling: 'the kubelet',
  KvStoreEtcdVolumeFullSoon: 'the kubelet',
  KvStoreTokensNotTaken: 'a service that asks for tokens',
  KvStoreTracesDropped: 'a service with traces',
  KvStoreTlsExpiring: 'a service that speaks https',
  KvStoreReconcileFailing: 'an operator that fails for a KvStore',
};
/** A scrape of one process: what it has now is about half of it. */
const mostSeries = 900;
/** Panels that are empty while all is well, or where no kubelet runs. */
const emptyWhenWell = new Set(['What fires', 'KvStores whose reconciles fail', 'Free part of volumes']);
/** Queries that are empty while all is well, or without a CPU limit, of panels that have others. */
const emptyQueries =
  /^count by \(namespace, kvstore\) \(ALERTS|^\(time\(\) - kvstore_backup_scheduled_since|^kvstore_cpu_limit_cores/;

let rig: Rig;
test.before(async () => {
  rig = await startRig();
  await waitFor('every target is up', async () => {
    const up = await rig.prometheus.query('up == 1');
    if (up.length !== rig.targets) throw new Error(`${up.length} of ${rig.targets} targets are up`);
    return true;
  });
});
test.after.always(() => rig?.stop());

/** Waits until a query gives at least one series with a number in it. */
async function numbers(expr: string): Promise<readonly Sample[]> {
  return await waitFor(`a number of ${expr}`, async () => {
    const samples = await rig.prometheus.query(expr);
    return samples.some(({ value: [, text] }) => Number.isFinite(Number(text))) && samples;
  });
}

test('service discovery gives every target the labels that the queries pick by', async (t) => {
  const labels = (await rig.prometheus.query('up')).map(({ metric }) => {
    return `${metric.component} ${metric.namespace}/${metric.pod} ${metric.kvstore ?? '-'}`;
  });
  t.deepEqual(labels.sort(), [
    'etcd default/shop-etcd-0 shop',
    'etcd default/shop-etcd-1 shop',
    'etcd default/shop-etcd-2 shop',
    'operator kvstore-system/kvstore-operator-a -',
    'service default/laptop-a laptop',
    'service default/shop-a shop',
    'service default/shop-b shop',
    'service default/shop-c shop',
  ]);
});

for (const [name, dashboard] of Object.entries(allDashboards())) {
  test(`no panel of the dashboard ${name} is empty`, async (t) => {
    const results = await Promise.allSettled(
      queriesOf(dashboard, rateInterval).map(async ({ panel, legend, expr }) => {
        if (emptyWhenWell.has(panel.title ?? '') || emptyQueries.test(expr)) {
          await rig.prometheus.query(expr);
          return;
        }
        const samples = await numbers(expr);
        const used = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '');
        for (const label of used) {
          if (samples.every(({ metric }) => metric[label] === undefined)) throw new Error(`no label ${label}: ${expr}`);
        }
        t.log(`${panel.title}, ${legend}: ${samples.length} series`);
      }),
    );
    const faults = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
    t.deepEqual(faults, []);
  });
}

test('every annotation can be evaluated', async (t) => {
  const marks = Object.values(allDashboards()).flatMap(({ annotations }) => annotations?.list ?? []);
  const exprs = new Set(marks.map(({ expr = '' }) => fillIn(expr, rateInterval)));
  t.true(exprs.size >= 5);
  for (const expr of exprs) await t.notThrowsAsync(rig.prometheus.query(expr), expr);
});

test('every recording rule gives numbers', async (t) => {
  for (const { record } of allRecords) {
    const samples = await numbers(record);
    t.log(`${record}: ${samples.length} series`);
  }
  t.pass();
});

test('every signal that an alert compares exists, and every alert can be evaluated', async (t) => {
  const faults: string[] = [];
  for (const { name, expr, signals } of allAlerts) {
    await rig.prometheus.query(expr);
    for (const signal of signals) {
      t.true(expr.includes(signal), name);
      if (name in elsewhere) continue;
      const samples = await numbers(signal).catch((error: unknown) => faults.push(`${name}: ${error}`));
      if (typeof samples !== 'number') t.log(`${name}, ${signal}: ${samples.length} series`);
    }
  }
  t.deepEqual(faults, []);
});

test('the values are those of what was done', async (t) => {
  const value = async (expr: string) => Number((await numbers(expr))[0]?.value[1]);
  t.is(await value('kvstore_degraded{namespace="default", name="taken"}'), 1);
  t.is(await value('kvstore_replicas_desired{namespace="default", name="shop"}'), 3);
  t.is(await value('sum(leader_election_master_status)'), 1);
  t.is(await value('sum(etcd_server_has_leader)'), 3);
  // A counter's first value is no rate: it has to be seen to grow.
  const above = (expr: string) => waitFor(`${expr} > 0`, async () => (await value(expr)) > 0);
  await t.notThrowsAsync(above('kvstore_keys{pod="shop-a"}'));
  const failed = 'pod="shop-c",http_route="/get/{key}",http_response_status_code="503"';
  await t.notThrowsAsync(above(`sum(rate(http_server_request_duration_seconds_count{${failed}}[15s]))`));
});

test('thousands of unknown paths and keys add no series', async (t) => {
  const [service] = rig.services;
  const url = service?.url ?? '';
  for (let i = 0; i < 2000; i += 50) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, j) => {
        for (const path of [`/random-${i + j}/path`, `/get/random-${i + j}`]) {
          await (await fetch(url + path)).arrayBuffer();
        }
      }),
    );
  }
  const text = await (await fetch(`${url}/metrics`)).text();
  t.notRegex(text, /random-/);
  const samples = await numbers('max(scrape_samples_scraped{component=~"service|operator"})');
  t.log(`${samples[0]?.value[1]} series of one process at most`);
  t.true(Number(samples[0]?.value[1]) < mostSeries);
});
