/** Refreshes what the docs take from the sources: the README's settings, the index of decisions, the game day, the caches. */
import { readFileSync, writeFileSync } from 'node:fs';
import { page } from '../../bench/caches/report.ts';
import { pageOf } from '../../checks/gameday/report.ts';
import { pageFile, readResults } from '../../checks/gameday/results.ts';
import { allScenarios } from '../../checks/gameday/scenarios/all.ts';
import { markdownTable } from '../../service/src/config.ts';
import { scriptArguments } from '../arguments.ts';
import { adrFolder, adrIndex } from './adr-index.ts';

scriptArguments({});
const file = new URL('../../README.md', import.meta.url);
const section = /(<!-- settings -->\n)[\s\S]*(<!-- \/settings -->)/;
const text = readFileSync(file, 'utf8');
if (!section.test(text)) throw new Error('README.md has no section between <!-- settings --> and <!-- /settings -->');
writeFileSync(
  file,
  text.replace(section, (_, open, close) => `${open}\n${markdownTable()}\n\n${close}`),
);
writeFileSync(new URL('README.md', adrFolder), adrIndex());
writeFileSync(pageFile, pageOf(await readResults(), allScenarios));
const performance = new URL('../../docs/performance/', import.meta.url);
const measured = JSON.parse(readFileSync(new URL('caches.json', performance), 'utf8'));
writeFileSync(new URL('caches.md', performance), page(measured));
