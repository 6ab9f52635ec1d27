/**
 * `npm run gameday`: breaks stores on a test cluster, one way after the other, and measures which alert fires after how long,
 * what the dashboards show, and how long the runbook's commands take to end it. Writes results.json and docs/gameday.md.
 *   --only=NAME,NAME      these scenarios; the results of the others stay as they were
 *   --longest-wait=300    seconds; alerts that wait for longer wait for that long (0: as long as the product's)
 *   --at-once=4           scenarios that run at a time
 *   --pictures            dashboards/screenshots of bad states as well; needs chromium and pngquant
 * Needs kubectl with a cluster that has the images and an Ingress controller (as e2e/ needs them), prometheus and openssl.
 */
import { parseArgs } from 'node:util';
import { hasNode } from '../../e2e/support/on-node.ts';
import { installOperator } from '../../e2e/support/operator.ts';
import { watchCluster } from './cluster-prometheus.ts';
import { takePictureOf } from './pictures.ts';
import { play } from './play.ts';
import { saveResults } from './results.ts';
import type { Scenario } from './scenario.ts';
import { allScenarios } from './scenarios/all.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    'longest-wait': { type: 'string', default: '300' },
    'at-once': { type: 'string', default: '4' },
    pictures: { type: 'boolean', default: false },
  },
});
const names = values.only?.split(',');
const unknown = names?.filter((name) => !allScenarios.some((each) => each.name === name)) ?? [];
const longestWait = Number(values['longest-wait']) || Number.POSITIVE_INFINITY;
const atOnce = Number(values['at-once']);
if (unknown.length > 0 || !(longestWait > 0) || !Number.isInteger(atOnce) || atOnce < 1) {
  console.error(`Scenarios: ${allScenarios.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const log = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const chosen = allScenarios.filter(({ name, needsNode }) => {
  if (names?.includes(name) === false) return false;
  if (needsNode && !hasNode) log(`${name}: left out, since KV_E2E_NODE is not set`);
  return !needsNode || hasNode;
});

await installOperator();
const { prometheus, stop } = await watchCluster(longestWait);
const failures: string[] = [];
const undo = new Set<() => Promise<unknown>>([stop]);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    log(`${signal}: ending what was begun`);
    void Promise.allSettled([...undo].map((each) => each())).then(() => process.exit(130));
  });
}
try {
  const together = chosen.filter(({ alone }) => !alone);
  await Promise.all(Array.from({ length: atOnce }, () => playAll(together)));
  await playAll(chosen.filter(({ alone }) => alone));
} finally {
  await stop();
}
if (failures.length > 0) {
  console.error(failures.join('\n'));
  process.exitCode = 1;
}

/** Takes one after the other out of the list. */
async function playAll(left: Scenario[]): Promise<void> {
  for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
    const picture = values.pictures ? takePictureOf(prometheus) : undefined;
    await play(scenario, { prometheus, longestWait, log, undo, picture }).then(saveResults, (error: Error) => {
      failures.push(`${scenario?.name}: ${error.message}`);
      log(failures.at(-1) ?? '');
    });
  }
}
