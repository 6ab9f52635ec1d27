/** What is checked in is what the code says, and what a person needs is there. */
import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { allAlerts, ruleGroups } from '../src/alerts/all.ts';
import { defaults, withChanges } from '../src/alerts/thresholds.ts';
import { allDashboards } from '../src/all.ts';
import { defaultLinks, linksOf } from '../src/links.ts';
import { renderAll } from '../src/render.ts';
import { renderOthers } from '../src/sections.ts';
import { panelsOf } from './support/queries.ts';

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

test('every panel has a description, a unit and a query; titles are not used twice', (t) => {
  for (const [name, dashboard] of Object.entries(dashboards)) {
    const panels = panelsOf(dashboard);
    t.true(panels.length > 5, name);
    for (const panel of panels) {
      t.truthy(panel.description, `${name}: ${panel.title}`);
      t.truthy(panel.fieldConfig?.defaults.unit, `${name}: ${panel.title}`);
      t.true((panel.targets?.length ?? 0) > 0, `${name}: ${panel.title}`);
    }
    t.is(new Set(panels.map(({ title }) => title)).size, panels.length, name);
  }
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
