/** What is checked in is what the code says, and what a person needs is there. */
import { readdir, readFile } from 'node:fs/promises';
import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import test from 'ava';
import { etcdItems } from '../../cli/src/support/items.ts';
import { tlsPath } from '../../operator/src/etcd/build/member-config.ts';
import { allAlerts, ruleGroups } from '../src/alerts/all.ts';
import { defaults, withChanges } from '../src/alerts/thresholds.ts';
import { allDashboards } from '../src/all.ts';
import { defaultLinks, linksOf } from '../src/links.ts';
import { renderAll } from '../src/output/render.ts';
import { renderOthers } from '../src/output/sections.ts';
import { isRow, panelsOf } from './support/queries.ts';

const generated = new URL('../generated/', import.meta.url);
const links = { runbooks: 'https://runbooks.test/runbooks.md', grafana: 'https://grafana.test' };
const dashboards = allDashboards(links);
const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('dashboards/generated is what the code makes: npm run dashboards', async (t) => {
  const files = renderAll(defaultLinks);
  t.deepEqual((await readdir(generated)).sort(), Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) {
    t.true((await readFile(new URL(name, generated), 'utf8')) === text, `${name} differs: npm run dashboards`);
  }
});

test('docs/alerts.md and the chart are what the code makes: npm run dashboards', async (t) => {
  for (const [path, text] of Object.entries(await renderOthers(read))) {
    t.true((await read(path)) === text, `${path} differs: npm run dashboards`);
  }
});

test('every alert says what users feel, how much, why it is urgent, and where to look', (t) => {
  for (const { name, summary, description, severity, reason, wait } of allAlerts) {
    t.regex(summary, /: .+\.$/, name);
    t.regex(description, /\$value \| humanize|\{\{ with query/, name);
    t.regex(description, /Usual causes?: |kubectl describe|: the database has/, name);
    t.true(reason.startsWith(severity === 'page' ? 'Page: ' : 'Ticket: '), name);
    t.true(wait.length > 0, name);
  }
});

test('addresses and thresholds can be set, and a wrong threshold is named', (t) => {
  const env = {
    KVSTORE_RUNBOOKS_URL: 'https://git.test/v{version}/runbooks.md',
    KVSTORE_GRAFANA_URL: 'https://g.test/',
  };
  const groups = ruleGroups(linksOf(env, '1.2.3'), withChanges({ lagRevisions: 4321 }));
  const lag = groups
    .flatMap(({ rules }) => rules)
    .find((rule) => 'alert' in rule && rule.alert === 'KvStoreReplicaLag');
  if (lag === undefined || !('alert' in lag)) return t.fail();
  t.true(lag.expr.endsWith(' > 4321'));
  t.is(lag.annotations.runbook_url, 'https://git.test/v1.2.3/runbooks.md#kvstorereplicalag');
  const variables = ['namespace', 'kvstore', 'pod'].map((each) => `var-${each}={{ $labels.${each} }}`).join('&');
  t.is(lag.annotations.dashboard_url, `https://g.test/d/kvstore-service?${variables}`);
  t.deepEqual(linksOf({}, '1.2.3'), defaultLinks);
  t.throws(() => withChanges({ lagRevision: 1 }), {
    message: /^lagRevision is no threshold; there are: .*lagRevisions/,
  });
  t.throws(() => withChanges({ lagRevisions: '1' }), { message: 'The threshold lagRevisions is no number' });
  t.deepEqual(withChanges({}), defaults);
});

test('every panel has a query, a unit, a text for no data, and says what is normal and what to look at else', (t) => {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    const panels = panelsOf(dashboard);
    t.true(panels.length > 5, name);
    for (const panel of panels) {
      t.regex(panel.description ?? '', /^[A-Z0-9].+ Normal: .+ Else: .+\.$/, `${name}: ${panel.title}`);
      t.truthy(panel.fieldConfig?.defaults.unit, `${name}: ${panel.title}`);
      t.truthy(panel.fieldConfig?.defaults.noValue, `${name}: ${panel.title}`);
      t.true((panel.targets?.length ?? 0) > 0, `${name}: ${panel.title}`);
    }
    t.is(new Set(panels.map(({ title }) => title)).size, panels.length, name);
  }
});

test('a dashboard fits on one screen: a first row that answers whether all is well, the rest by question', (t) => {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    const all = dashboard.panels ?? [];
    const rows = all.filter(isRow);
    for (const row of rows) {
      t.true(row.collapsed, `${name}: ${row.title}`);
      t.true(row.title?.endsWith('?'), `${name}: ${row.title}`);
    }
    const open = all.filter((panel): panel is Panel => !isRow(panel));
    // Of 1280x800 with Grafana's head, in cells of 38 pixels; the fleet's tables may go on below.
    const bottom = Math.max(...open.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
    if (name !== 'fleet') t.true(bottom <= 18, `${name}: ${bottom}`);
    t.true(open.filter(({ type }) => type === 'stat').length >= 6, name);
    t.true(
      open.some(({ title }) => title === 'What fires'),
      name,
    );
  }
});

test('panels turn orange and red at the numbers of the alerts', (t) => {
  const { availabilityBudget, latencyBudget } = defaults;
  // Beside the thresholds themselves: the fast burn, the objective of latency, counts, and a busy core.
  const others = [
    14.4 * availabilityBudget,
    14.4 * latencyBudget,
    0.1,
    0.001,
    0.25,
    0.5,
    0.8,
    0,
    1,
    2,
    defaults.restarts + 1,
  ];
  const known = [...Object.values(defaults), ...others.map((number) => Number(number.toPrecision(6)))];
  let withLimits = 0;
  for (const panel of Object.values(dashboards).flatMap(panelsOf)) {
    const steps = panel.fieldConfig?.defaults.thresholds?.steps ?? [];
    for (const { value } of steps) if (value !== null) t.true(known.includes(value), `${panel.title}: ${value}`);
    if (steps.length > 1) withLimits++;
  }
  t.true(withLimits > 40, String(withLimits));
  // A changed threshold is a changed colour.
  const shed = panelsOf(dashboards.service as Dashboard).find(({ title }) => title === 'Refused by admission');
  t.deepEqual(shed?.fieldConfig?.defaults.thresholds?.steps.at(-1), { value: defaults.shedRatio, color: 'red' });
});

test('values lead to the next level: fleet, store, pod, log', (t) => {
  const links = (name: string) => JSON.stringify(panelsOf(dashboards[name] as Dashboard));
  t.regex(
    links('fleet'),
    /\/d\/kvstore-service\?var-namespace=\$\{__data\.fields\.namespace\}&var-kvstore=\$\{__data\.fields\.store\}/,
  );
  t.regex(links('operator'), /\/d\/kvstore-service\?var-namespace=\$\{__field\.labels\.namespace\}/);
  t.regex(links('service'), /var-pod=\$\{__field\.labels\.pod\}/);
  t.regex(links('service'), /\/explore\?schemaVersion=1/);
});

test('without an address of the runbooks nothing links to them; a ConfigMap of all dashboards can be applied', (t) => {
  const files = renderAll(defaultLinks);
  const all = Object.fromEntries(Object.entries(files).filter(([name]) => name.endsWith('.json')));
  t.notRegex(JSON.stringify(all), /\$\{runbooks\}/);
  t.true(JSON.stringify(all).length < 250_000, String(JSON.stringify(all).length));
});

test('what a runbook calls a panel, a dashboard has', async (t) => {
  const titles = new Set(
    Object.values(dashboards).flatMap((each) => [...panelsOf(each), ...(each.panels ?? [])].map(({ title }) => title)),
  );
  const others = new Set(['size', 'in use', 'start fresh', 'longest']);
  const text = (await read('docs/runbooks.md')).split('\n').filter((line) => !line.startsWith('    '));
  const prose = text.join('\n').replaceAll(/`[^`]*`/g, '');
  for (const [, quoted = ''] of prose.matchAll(/"([^"]+)"/g)) t.true(titles.has(quoted) || others.has(quoted), quoted);
});

test('every alert, and every link of a panel, has its section in docs/runbooks.md', async (t) => {
  const text = await readFile(new URL('../../docs/runbooks.md', import.meta.url), 'utf8');
  const sections = new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section] as const),
  );
  for (const { name } of allAlerts) {
    const section = sections.get(name) ?? '';
    const parts = section.split(/^\*\*(\w+)\*\*/m);
    const titles = parts.filter((_, i) => i % 2 === 1);
    t.deepEqual(titles, ['Means', 'Impact', 'Check', 'Do', 'After', 'Wake'], name);
    const text = (title: string) => parts[parts.indexOf(title) + 1] ?? '';
    t.regex(text('Means').trim(), /\.$/, name);
    // A command to copy, or the section that has it.
    for (const title of ['Check', 'Do'])
      t.regex(text(title), /^ {4,}\w|\(#kvstore\w+\)|`kubectl /m, `${name}: ${title}`);
  }
  const anchors = new Set([...sections.keys()].map((title) => title.toLowerCase()));
  for (const panel of Object.values(dashboards).flatMap(panelsOf)) {
    for (const { url } of panel.links ?? []) t.true(anchors.has(url?.split('#')[1] ?? ''), `${panel.title}: ${url}`);
  }
});

test('etcdctl in the runbooks and in the support bundle has the container and the certificates of a member', async (t) => {
  const place = { namespace: 'web', kvstore: 'shop', operatorNamespace: 'o', tail: 1 };
  const [item] = etcdItems(place, 'shop-etcd-0');
  for (const command of [await read('docs/runbooks.md'), item?.args.join(' ') ?? '']) {
    t.true(command.includes('-c etcd -- /usr/local/bin/etcdctl --endpoints=https://127.0.0.1:2379'));
    for (const flag of ['cacert=ca.crt', 'cert=tls.crt', 'key=tls.key']) {
      t.true(command.includes(`--${flag.replace('=', `=${tlsPath}/`)}`), flag);
    }
  }
});
