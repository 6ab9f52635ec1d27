/**
 * `npm run gameday`: breaks stores on a test cluster, one way after the other, and measures which alert fires after how long,
 * what the dashboards show, and how long the runbook's commands take to end it. Writes results.json and docs/gameday.md.
 *   --only=NAME,NAME      these scenarios; the results of the others stay as they were
 *   --longest-wait=300    seconds; alerts that wait for longer wait for that long (0: as long as the product's)
 *   --at-once=4           scenarios that run at a time
 *   --pictures            dashboards/screenshots of bad states as well; needs chromium and pngquant
 * Needs kubectl with a cluster that has the images and an Ingress controller (as e2e/ needs them), prometheus and openssl.
 */
import { installOperator } from '../../e2e/support/operator.ts';
import { decimal, flag, someOf, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { watchCluster } from './cluster-prometheus.ts';
import { takePictureOf } from './pictures.ts';
import { play } from './play.ts';
import { saveResults } from './results.ts';
import type { Scenario } from './scenario.ts';
import { allScenarios } from './scenarios/all.ts';

const names = allScenarios.map(({ name }) => name);
const { only, pictures, ...waits } = scriptArguments({
  options: {
    only: someOf(names),
    'longest-wait': decimal({ default: 300, from: 0 }),
    'at-once': wholeNumber({ default: 4, from: 1, to: 20 }),
    pictures: flag,
  },
});
const longestWait = waits['longest-wait'] || Number.POSITIVE_INFINITY;
const log = (line: string) => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
const failures: string[] = [];
const chosen: Scenario[] = [];
for (const scenario of allScenarios) {
  const { name, missing } = scenario;
  if (only?.includes(name) === false) continue;
  const why = await missing?.();
  if (why === undefined) chosen.push(scenario);
  else log(`${name}: LEFT OUT: ${why}`);
  // Without a choice, what this cluster cannot do keeps its former result.
  if (why !== undefined && only !== undefined) failures.push(`${name}: ${why}`);
}

await installOperator();
const { prometheus, stop } = await watchCluster(longestWait);
const undo = new Set<() => Promise<unknown>>([stop]);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    log(`${signal}: ending what was begun`);
    void Promise.allSettled([...undo].map((each) => each())).then(() => process.exit(130));
  });
}
try {
  const together = chosen.filter(({ alone }) => !alone);
  await Promise.all(Array.from({ length: waits['at-once'] }, () => playAll(together)));
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
    const picture = pictures ? takePictureOf(prometheus) : undefined;
    await play(scenario, { prometheus, longestWait, log, undo, picture }).then(saveResults, (error: Error) => {
      failures.push(`${scenario?.name}: ${error.message}`);
      log(failures.at(-1) ?? '');
    });
  }
}
