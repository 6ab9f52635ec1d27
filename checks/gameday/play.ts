/** Plays one scenario on a store of its own: break, wait for the alert, look, repair by the runbook, wait for the end. */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Prometheus } from '../../dashboards/test/support/prometheus.ts';
import { kubectl } from '../../e2e/support/kubectl.ts';
import { createKvStore, type KvStoreHandle, withNamespace } from '../../e2e/support/kvstore.ts';
import { documentedSteps } from '../../test-support/project/documented-steps.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { interval } from './cluster-prometheus.ts';
import { firingOf } from './firing.ts';
import { dashboardOf, raisedPanels, type SeenPanel } from './panels.ts';
import { productWait } from './rules.ts';
import { commandsOf, commandWith, type Ran, runAsWritten, type Shell } from './runbook.ts';
import type { Measured, Scenario, Step } from './scenario.ts';
import { startSteadyClient } from './steady-client.ts';

const configFolder = fileURLToPath(new URL('../../config', import.meta.url));

/** Seconds that an alert may take beyond its wait: rates are over 5 minutes. */
const alertDelay = 420;
/** Seconds that it may take to end after the commands. */
const longestEnd = 900;

export interface PlayParts {
  readonly prometheus: Prometheus;
  /** Seconds; longer waits of alerts were cut to it. */
  readonly longestWait: number;
  readonly log: (line: string) => void;
  /** What has to be undone when the game day is interrupted. */
  readonly undo: Set<() => Promise<unknown>>;
  /** Called while the alert fires. */
  readonly picture?: ((scenario: Scenario, store: KvStoreHandle) => Promise<void>) | undefined;
}

export async function play(scenario: Scenario, parts: PlayParts): Promise<Measured> {
  let measured: Measured | undefined;
  await withNamespace(async (namespace) => {
    const remove = () => kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
    parts.undo.add(remove);
    let unprepare: (() => Promise<void>) | undefined;
    try {
      unprepare = await scenario.prepare?.(namespace);
      if (unprepare !== undefined) parts.undo.add(unprepare);
      const store = await createKvStore(namespace, scenario.spec, 'shop', scenario.status);
      measured = await playOn(store, scenario, parts);
    } finally {
      parts.undo.delete(remove);
      if (unprepare !== undefined) {
        await remove();
        await unprepare();
        parts.undo.delete(unprepare);
      }
    }
  });
  if (measured === undefined) throw new Error(`${scenario.name} was not played`);
  return measured;
}

async function playOn(store: KvStoreHandle, scenario: Scenario, parts: PlayParts): Promise<Measured> {
  const { prometheus, longestWait, log } = parts;
  const { name, alert } = scenario;
  const client = startSteadyClient(store, scenario.headers);
  const say = (text: string) => log(`${name}: ${text}`);
  const cleanUps: (() => Promise<unknown>)[] = [() => client.stop()];
  try {
    const usual = await seenWell(prometheus, store);
    if (usual.length > 0) say(`not green before: ${usual.map(shown).join('; ')}`);
    const before = client.count();
    const brokenAt = performance.now();
    const since = (time: number) => Math.round((performance.now() - time) / 1000);
    const ongoing = await scenario.break(store);
    if (ongoing !== undefined) {
      const end = () => ongoing.stop();
      parts.undo.add(end);
      cleanUps.push(() => end().finally(() => parts.undo.delete(end)));
    }
    say('broken');

    const others = new Map<string, number>();
    const wait = Math.min(productWait(alert), longestWait);
    const fired = await waitFor(
      `${alert} fires`,
      async () => {
        const firing = await firingOf(prometheus, store);
        for (const each of firing) if (!others.has(each.alert)) others.set(each.alert, since(brokenAt));
        return firing.find((each) => each.alert === alert);
      },
      { timeout: (wait + alertDelay) * 1000, interval: 1000 },
    );
    const firedAfter = since(brokenAt);
    others.delete(alert);
    say(`${alert} fires after ${firedAfter} s`);

    const load = loadavg()[0] ?? 0;
    // What fires is a series of its own from the next evaluation on.
    await setTimeout(2 * interval * 1000);
    const uid = /\/d\/([^?]+)/.exec(fired.dashboardUrl)?.[1] ?? '';
    const panels = (await raisedPanels(prometheus, dashboardOf(uid), store))
      .filter(({ dashboard, title }) => !usual.some((each) => each.dashboard === dashboard && each.title === title))
      .map(shown);
    await parts.picture?.(scenario, store);
    const pod = fired.pod ?? (await scenario.pod?.(store)) ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'kvstore-gameday-'));
    cleanUps.push(() => rm(folder, { recursive: true, force: true }));
    await symlink(configFolder, join(folder, 'config'));
    const shell = { namespace: store.namespace, name: store.name, pod, folder };
    const placeholders = (await scenario.placeholders?.(pod, store)) ?? {};
    const failedChecks: string[] = [];
    for (const command of await commandsOf(alert, 'Check')) {
      const ran = await runAsWritten(command, shell);
      say(`check ended with ${ran.code}: ${command.trim()}\n${ran.output.slice(0, 2000)}`);
      if (ran.code !== 0) failedChecks.push(command.trim());
    }

    const during = client.count();
    await ongoing?.stopBefore?.();
    const repairedAt = performance.now();
    const commands: string[] = [];
    for (const step of scenario.repair) {
      for (const ran of await perform(step, scenario, placeholders, shell)) {
        commands.push(ran.command.trim());
        if (ran.code !== 0) throw new Error(`The runbook's command failed: ${ran.command}\n${ran.output}`);
      }
    }
    say(`repaired: ${commands.join(' && ')}`);
    const [overAfter, settledAfter] = await Promise.all([
      waitFor(`${alert} ends`, async () => !(await firingOf(prometheus, store)).some((each) => each.alert === alert), {
        timeout: longestEnd * 1000,
        interval: 1000,
      }).then(() => since(repairedAt)),
      store.settled(longestEnd).then(() => since(repairedAt)),
    ]);
    say(`over after ${overAfter} s, settled after ${settledAfter} s`);
    return {
      ...{ name, date: new Date().toISOString().slice(0, 10), load, cores: availableParallelism() },
      ...{ productWait: productWait(alert), wait, firedAfter, others: Object.fromEntries(others), panels },
      ...{ requests: during.requests - before.requests, failed: during.failed - before.failed },
      ...{ failedChecks, commands, overAfter, settledAfter },
    };
  } finally {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

const shown = ({ dashboard, title, text, color }: SeenPanel) => `${dashboard}: ${title} = ${text} (${color})`;

/** Waits until Prometheus has seen the store well. Returns panels that are not green all the same. */
async function seenWell(prometheus: Prometheus, store: KvStoreHandle): Promise<SeenPanel[]> {
  const { namespace, name } = store;
  const one = async (query: string) => Number((await prometheus.query(query))[0]?.value[1]);
  await waitFor(
    'Prometheus sees the store',
    async () =>
      (await one(`kvstore_ready{namespace="${namespace}", name="${name}"}`)) === 1 &&
      (await one(`min(up{namespace="${namespace}", kvstore="${name}"})`)) === 1 &&
      (await one(`kvstore:requests:rate5m{namespace="${namespace}", kvstore="${name}"}`)) > 0,
    { timeout: 180_000, interval: 1000 },
  );
  const dashboards = ['kvstore-service', 'kvstore-rollout', 'kvstore-operator'].map(dashboardOf);
  return (await Promise.all(dashboards.map((each) => raisedPanels(prometheus, each, store)))).flat();
}

async function perform(
  step: Step,
  { alert }: Scenario,
  placeholders: Readonly<Record<string, string>>,
  shell: Shell,
): Promise<Ran[]> {
  if ('recovery' in step) {
    const ran: Ran[] = [];
    for (const commands of await documentedSteps('etcd-recovery.md', step.recovery)) {
      // As somebody types them whose current namespace is this one.
      const own = `set -euo pipefail\nkubectl() { command kubectl --namespace ${shell.namespace} "$@"; }\n`;
      const result = await runAsWritten(`${own}${commands.replaceAll('NAMESPACE', shell.namespace)}`, shell);
      ran.push({ ...result, command: `docs/etcd-recovery.md, ${step.recovery}` });
      if (result.code !== 0) return ran;
    }
    return ran.slice(-1);
  }
  const { part = 'Do', has: pattern, isBlock = false } = step;
  let command = await commandWith({ alert: step.alert ?? alert, part, pattern, isBlock });
  for (const [placeholder, text] of Object.entries(step.fill ?? {})) {
    if (!command.includes(placeholder)) throw new Error(`"${placeholder}" is not in: ${command}`);
    command = command.replaceAll(placeholder, text);
  }
  for (const [placeholder, text] of Object.entries(placeholders)) command = command.replaceAll(placeholder, text);
  return [await runAsWritten(command, shell, step.editor)];
}
