/** No alert fires while a store comes, goes, rolls out, or has nothing to do. */
import test from 'ava';
import { allAlerts } from '../src/alerts/all.ts';
import { testRules, unitTest } from './support/promtool.ts';
import { scenes } from './support/rules/scenes.ts';

const minutes = [8, 20, 32, 38, 45, 60, 90, 120, 175];

for (const [title, series] of Object.entries(scenes)) {
  test(`no alert fires: ${title}`, async (t) => {
    const none = minutes.flatMap((at) => allAlerts.map(({ name }) => ({ at, alert: name, alerts: [] })));
    await t.notThrowsAsync(testRules(1, [unitTest(title, series, 1, none)]));
  });
}
