/**
 * `npm run dashboards`: writes dashboards/generated, and the parts of docs/ and charts/ that are made from the same source.
 * `npm run dashboards -- FOLDER`: writes the former into FOLDER alone, for a copy with other addresses and thresholds:
 *   KVSTORE_RUNBOOKS_URL  where docs/runbooks.md is published; {version} stands for the version
 *   KVSTORE_GRAFANA_URL   address of Grafana
 *   KVSTORE_THRESHOLDS    thresholds that differ, as JSON: {"lagRevisions": 500}
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { text } from '../test-support/argument-kinds.ts';
import { scriptArguments } from '../test-support/arguments.ts';
import { withChanges } from './src/alerts/thresholds.ts';
import { linksOf } from './src/links.ts';
import { renderAll } from './src/output/render.ts';
import { renderOthers } from './src/output/sections.ts';

const root = new URL('../', import.meta.url);
const read = (path: string) => readFile(new URL(path, root), 'utf8');
const { version } = JSON.parse(await read('package.json'));
const { folder: target } = scriptArguments({ words: { folder: text() } });
const folder = target === undefined ? new URL('dashboards/generated/', root) : pathToFileURL(`${target}/`);

const numbers = withChanges(JSON.parse(process.env.KVSTORE_THRESHOLDS || '{}'));
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(renderAll(linksOf(process.env, version), numbers))) {
  await writeFile(new URL(name, folder), text);
}
if (target === undefined) {
  for (const [path, text] of Object.entries(await renderOthers(read))) await writeFile(new URL(path, root), text);
}
