/** Every alert, firing and not firing, as promtool evaluates the generated rules. */
import test from 'ava';
import { allAlerts, allRecords, ruleGroups } from '../src/alerts/all.ts';
import { checkRules, testRules, unitTest } from './support/promtool.ts';
import { ruleCases } from './support/rules/all-cases.ts';
import { cutOffMember } from './support/rules/etcd-cases.ts';
import { shedByAdmission } from './support/rules/objective-cases.ts';
import { stuckBehindOldReplicas } from './support/rules/operator-cases.ts';
import { member, named, owner, type RuleCase } from './support/rules/series.ts';

test('promtool finds nothing wrong with the rules', async (t) => {
  t.regex(await checkRules(), new RegExp(`SUCCESS: ${allAlerts.length + allRecords.length} rules found`));
});

test('every alert has its case, and every case its alert', (t) => {
  t.deepEqual(Object.keys(ruleCases).sort(), allAlerts.map(({ name }) => name).sort());
});

test('an alert that waits has a case of what comes and goes within that time', (t) => {
  const shortLived =
    /flapping|rollout|renewed|defragmented|ends|over|change|elect|comes and goes|set right|burst|half an hour|just now|no traffic|a new one|no write|stays/;
  for (const { name, for: duration } of allAlerts) {
    if (duration === '0m') continue;
    t.true(
      Object.keys(ruleCases[name]?.quiet ?? {}).some((title) => shortLived.test(title)),
      name,
    );
  }
});

for (const [name, ruleCase] of Object.entries(ruleCases)) {
  const { firing, quiet, at, step = 1 } = ruleCase;
  test(`${name} fires, and says how much`, async (t) => {
    const expected = { at: at * step, alert: name, alerts: [expectedAlert(name, ruleCase)] };
    await t.notThrowsAsync(testRules(step, [unitTest(name, firing, step, [expected])], name));
  });
  test(`${name} does not fire`, async (t) => {
    const tests = Object.entries(quiet).map(([title, series]) =>
      unitTest(title, series, step, [{ at: at * step, alert: name, alerts: [] }]),
    );
    t.true(tests.length > 0);
    await t.notThrowsAsync(testRules(step, tests, name));
  });
}

/** With its templates filled in: labels from the case, everything else as the case says that it is shown. */
function expectedAlert(name: string, { labels, shown }: RuleCase): object {
  const rule = ruleGroups()
    .flatMap(({ rules }) => rules)
    .find((each) => 'alert' in each && each.alert === name);
  if (rule === undefined || !('alert' in rule)) throw new Error(`There is no alert ${name}`);
  // The label kvstore is there however the series call the store.
  const store: Record<string, string> = 'kvstore' in rule.labels ? { kvstore: owner.kvstore } : {};
  const all: Readonly<Record<string, string>> = { ...labels, severity: rule.labels.severity ?? '', ...store };
  const rest = [...shown];
  const fill = (text: string) =>
    text
      .replaceAll(/\{\{ with .*\{\{ end \}\}/g, () => rest.shift() ?? '')
      .replaceAll(/\{\{ (.*?) \}\}/g, (_, expression: string) => {
        const label = /^\$labels\.(\w+)$/.exec(expression)?.[1];
        return label === undefined ? (rest.shift() ?? '') : (all[label] ?? '');
      });
  const annotations = Object.entries(rule.annotations).map(([key, text]) => [key, fill(text)]);
  if (rest.length > 0) throw new Error(`${name} does not show ${rest.join()}`);
  return { exp_labels: all, exp_annotations: Object.fromEntries(annotations) };
}

test('requests that admission refuses before their route is known burn the budget', async (t) => {
  const name = 'KvStoreAvailabilityBurnFast';
  const alerts = [expectedAlert(name, { firing: {}, quiet: {}, labels: owner, shown: ['50%'], at: 90 })];
  await t.notThrowsAsync(testRules(1, [unitTest(name, shedByAdmission, 1, [{ at: 90, alert: name, alerts }])], name));
});

test('a member that answers Prometheus and knows no leader counts as down', async (t) => {
  const name = 'KvStoreEtcdMemberDown';
  const alerts = [expectedAlert(name, { firing: {}, quiet: {}, labels: member(1), shown: ['2'], at: 9 })];
  await t.notThrowsAsync(testRules(1, [unitTest(name, cutOffMember, 1, [{ at: 9, alert: name, alerts }])], name));
});

test('a rollout that cannot end is stuck, though the old replicas are all ready', async (t) => {
  const name = 'KvStoreRolloutStuck';
  const alerts = [expectedAlert(name, { firing: {}, quiet: {}, labels: named, shown: ['3'], at: 25 })];
  const stuck = unitTest(name, stuckBehindOldReplicas, 1, [{ at: 25, alert: name, alerts }]);
  await t.notThrowsAsync(testRules(1, [stuck], name));
});

test('with nothing scraped at all, the operator is missed', async (t) => {
  const name = 'KvStoreOperatorDown';
  const alerts = [expectedAlert(name, { firing: {}, quiet: {}, labels: {}, shown: ['0'], at: 20 })];
  const others = allAlerts
    .filter((each) => each.name !== name)
    .map((each) => ({ at: 20, alert: each.name, alerts: [] }));
  await t.notThrowsAsync(testRules(1, [unitTest('nothing', {}, 1, [{ at: 20, alert: name, alerts }, ...others])]));
});
