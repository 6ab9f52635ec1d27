/** What is checked in is what the code says, and what a person needs is there. */
import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { allAlerts } from '../src/alerts/all.ts';
import { allDashboards } from '../src/all.ts';
import { defaultRunbooks } from '../src/dashboard.ts';
import { renderAll } from '../src/render.ts';
import { panelsOf } from './support/queries.ts';

const generated = new URL('../generated/', import.meta.url);
const dashboards = allDashboards(defaultRunbooks);

test('dashboards/generated is what the code makes: npm run dashboards', async (t) => {
  const files = renderAll(defaultRunbooks);
  t.deepEqual((await readdir(generated)).sort(), Object.keys(files).sort());
  for (const [name, text] of Object.entries(files)) {
    t.true((await readFile(new URL(name, generated), 'utf8')) === text, `${name} differs: npm run dashboards`);
  }
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
    for (const part of ['**Means**', '**Check**', '**Do**']) t.true(section.includes(part), `${name}: ${part}`);
  }
  const anchors = new Set([...sections.keys()].map((title) => title.toLowerCase()));
  for (const panel of Object.values(dashboards).flatMap(panelsOf)) {
    for (const { url } of panel.links ?? []) t.true(anchors.has(url?.split('#')[1] ?? ''), `${panel.title}: ${url}`);
  }
});
