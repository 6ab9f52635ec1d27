/** What was measured last of each scenario, and the page that is made of it. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { pageOf } from './report.ts';
import type { Measured } from './scenario.ts';
import { allScenarios } from './scenarios/all.ts';

const resultsFile = new URL('results.json', import.meta.url);
export const pageFile = new URL('../../docs/gameday.md', import.meta.url);

export async function readResults(): Promise<Measured[]> {
  return JSON.parse(await readFile(resultsFile, 'utf8')) as Measured[];
}

let saving: Promise<void> = Promise.resolve();

/** Puts a result in the place of an earlier one of its scenario, and writes the page anew. One at a time. */
export function saveResults(measured: Measured): Promise<void> {
  const before = saving.catch(() => undefined);
  saving = before.then(async () => {
    const others = (await readResults()).filter(({ name }) => name !== measured.name);
    const order = allScenarios.map(({ name }) => name);
    const all = [...others, measured].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    await replace(resultsFile, `${JSON.stringify(all, undefined, 2)}\n`);
    await replace(pageFile, pageOf(all, allScenarios));
  });
  return saving;
}

/** In one step: a process that ends while it writes the file would lose the results of hours. */
async function replace(file: URL, text: string): Promise<void> {
  const next = new URL(`${file.href}.next`);
  await writeFile(next, text);
  await rename(next, file);
}
