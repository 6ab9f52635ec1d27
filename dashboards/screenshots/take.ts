/**
 * Takes dashboards/screenshots/*.png of the good state: `node dashboards/screenshots/take.ts`. The queries are the
 * dashboards' own, asked of a real Prometheus that scrapes what the tests scrape; Grafana is not there, so chart.ts draws.
 * Those of bad states come from the game day (checks/gameday).
 */
import { setTimeout } from 'node:timers/promises';
import { scriptArguments } from '../../test-support/arguments.ts';
import { allDashboards } from '../src/all.ts';
import { queriesOf } from '../test/support/queries.ts';
import { startRig } from '../test/support/rig.ts';
import { takePicture } from './picture.ts';

scriptArguments({});
const seconds = 90;
const rig = await startRig();
try {
  await setTimeout((seconds + 10) * 1000);
  const to = Math.floor(Date.now() / 1000);
  for (const [name, dashboard] of Object.entries(allDashboards())) {
    const queries = queriesOf(dashboard, '15s');
    await takePicture(rig.prometheus, { dashboard, queries, from: to - seconds, to, step: 1, name });
  }
} finally {
  await rig.stop();
}
