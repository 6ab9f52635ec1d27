/** The parts of the game day that need no cluster: every scenario's commands are in the runbook, and the page is current. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import test from 'ava';
import { ruleGroups } from '../../dashboards/src/alerts/all.ts';
import { kubeletConfig, scrapeConfigs } from './cluster-prometheus.ts';
import { firingOf } from './firing.ts';
import { dashboardOf, queriesFor } from './panels.ts';
import { pageOf } from './report.ts';
import { pageFile, readResults } from './results.ts';
import { gameDayRules, productWait, secondsOf } from './rules.ts';
import { commandsOf, commandWith, runAsWritten } from './runbook.ts';
import { allScenarios } from './scenarios/all.ts';
import { ahead, nodeOptions } from './scenarios/wrong-clock.ts';

const shell = { namespace: 'web', name: 'shop', pod: 'shop-1', folder: '.' };

for (const { name, alert, repair, placeholders, picture } of allScenarios) {
  test(`${name}: its alert exists, and the runbook has its commands`, async (t) => {
    t.true(productWait(alert) >= 0);
    t.true((await commandsOf(alert, 'Check')).length > 0);
    for (const step of repair) {
      if ('recovery' in step) continue;
      const { part = 'Do', has: pattern, isBlock = false, fill = {} } = step;
      const command = await commandWith({ alert: step.alert ?? alert, part, pattern, isBlock });
      for (const placeholder of Object.keys(fill)) t.true(command.includes(placeholder), command);
      t.is(/\bNODE\b/.test(command), placeholders !== undefined, command);
    }
    if (picture !== undefined) t.is(dashboardOf(picture).uid, picture);
  });
}

test('docs/gameday.md is what the results say', async (t) => {
  t.is(await readFile(pageFile, 'utf8'), pageOf(await readResults(), allScenarios));
});

test('a scenario without a result is named as such', async (t) => {
  const [first, ...others] = await readResults();
  t.regex(pageOf(others, allScenarios), new RegExp(`^Not measured yet: .*\`${first?.name}\``, 'm'));
  t.notRegex(pageOf(others, allScenarios), new RegExp(`^## ${first?.name}$`, 'm'));
});

test('a command that is there twice or never is an error', async (t) => {
  const wanted = { alert: 'KvStoreEtcdMemberDown', part: 'Do', isBlock: false } as const;
  await t.throwsAsync(commandWith({ ...wanted, pattern: /delete pod/ }), { message: /^2 commands/ });
  await t.throwsAsync(commandWith({ ...wanted, pattern: /rm -rf/ }), { message: /^0 commands/ });
  await t.throwsAsync(commandsOf('KvStoreOfNothing', 'Do'), { message: /no section/ });
});

test('commands run with the variables and the function of the page, and say how they ended', async (t) => {
  t.like(await runAsWritten('echo "$NS/$NAME $POD"; type -t in_etcd', shell), {
    code: 0,
    output: 'web/shop shop-1\nfunction\n',
  });
  t.like(await runAsWritten('echo why >&2; exit 3', shell), { code: 3, output: 'why\n' });
});

test('waits are cut and nothing else', (t) => {
  const alerts = (groups: ReturnType<typeof ruleGroups>) =>
    groups.flatMap(({ rules }) => rules).flatMap((rule) => ('alert' in rule ? [rule] : []));
  const cut = alerts([...gameDayRules(300).groups]);
  for (const [index, rule] of alerts(ruleGroups()).entries()) {
    t.is(cut[index]?.alert, rule.alert);
    t.is(cut[index]?.for, `${Math.min(secondsOf(rule.for), 300)}s`);
    if (!rule.alert.startsWith('KvStoreBackup')) t.is(cut[index]?.expr, rule.expr);
  }
});

test('durations are those of Prometheus', (t) => {
  t.is(secondsOf('1h30m'), 5400);
  t.is(secondsOf('0m'), 0);
  t.throws(() => secondsOf('soon'), { message: /Not a duration/ });
});

test('pods are scraped through the API server, under the labels of scrape.yaml', async (t) => {
  const text = await readFile(new URL('../../dashboards/scrape.yaml', import.meta.url), 'utf8');
  const [config] = scrapeConfigs(text, '/tmp/targets.json') as {
    file_sd_configs: object[];
    relabel_configs: { target_label?: string }[];
  }[];
  t.deepEqual(config?.file_sd_configs, [{ files: ['/tmp/targets.json'] }]);
  t.deepEqual(
    config?.relabel_configs.slice(-3).map(({ target_label }) => target_label),
    ['__metrics_path__', '__scheme__', 'instance'],
  );
});

test('kubelets are scraped through the API server, and only what is known of volumes stays', async (t) => {
  const text = await readFile(new URL('../../config/observability/files/prometheus.yml', import.meta.url), 'utf8');
  t.like(kubeletConfig(text, '127.0.0.1:8001', ['node1']), {
    static_configs: [
      {
        targets: ['127.0.0.1:8001'],
        labels: { __metrics_path__: '/api/v1/nodes/node1/proxy/metrics', instance: 'node1' },
      },
    ],
    metric_relabel_configs: [{ regex: 'kubelet_volume_stats_.*', action: 'keep' }],
  });
});

test('of alerts about volumes, those of other stores do not count', async (t) => {
  const alert = (labels: Record<string, string>) => ({ state: 'firing' as const, labels, annotations: {} });
  const prometheus = {
    alerts: async () => [
      alert({ alertname: 'Own', namespace: 'web', persistentvolumeclaim: 'data-shop-etcd-0' }),
      alert({ alertname: 'Others', namespace: 'other', persistentvolumeclaim: 'data-shop-etcd-0' }),
      alert({ alertname: 'Store', namespace: 'web', kvstore: 'shop' }),
      alert({ alertname: 'OtherStore', namespace: 'other', kvstore: 'shop' }),
      alert({ alertname: 'Operator' }),
    ],
  };
  const firing = await firingOf(prometheus, { namespace: 'web', name: 'shop' });
  t.deepEqual(
    firing.map((each) => each.alert),
    ['Own', 'Store', 'Operator'],
  );
});

test('a Node process with a wrong clock has it in every use of Date', async (t) => {
  const code = `
    const right = performance.timeOrigin + performance.now();
    const seen = [Date.now(), new Date(), new (class extends Date {})(), new Date(Date())];
    console.log(JSON.stringify([...seen.map((each) => each - right), +new Date(5), Date.UTC(1970), new Date() instanceof Date]));`;
  const options = { env: { ...process.env, NODE_OPTIONS: nodeOptions } };
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], options);
  const [now, date, derived, text, ...same] = JSON.parse(stdout) as number[];
  // A text has whole seconds.
  for (const moved of [now, date, derived, text]) t.is(Math.round((moved ?? 0) / 5000) * 5, ahead, stdout);
  t.deepEqual(same, [5, 0, true]);
});

test('panels are asked about one store', (t) => {
  const queries = queriesFor(dashboardOf('kvstore-service'), { namespace: 'web', name: 'shop' });
  t.true(queries.some(({ expr }) => expr.includes('namespace=~"web"') && expr.includes('kvstore=~"shop"')));
  t.false(queries.some(({ expr }) => /\$(?:namespace|kvstore|pod|__)/.test(expr)));
});
