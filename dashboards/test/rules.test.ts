/** Every alert, firing and not firing, as promtool evaluates the generated rules. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { needBinary } from '../../test-support/binaries.ts';
import { allAlerts, ruleGroups } from '../src/alerts/all.ts';
import { defaultRunbooks } from '../src/dashboard.ts';
import { type InputSeries, ruleCases } from './support/rule-cases.ts';

const rulesFile = fileURLToPath(new URL('../generated/rules.yaml', import.meta.url));
const run = promisify(execFile);

test('promtool finds nothing wrong with the rules', async (t) => {
  const { stdout } = await run(needBinary('promtool'), ['check', 'rules', '--lint-fatal', rulesFile]);
  t.regex(stdout, new RegExp(`SUCCESS: ${allAlerts.length} rules found`));
});

test('every alert has its case, and every case its alert', (t) => {
  t.deepEqual(Object.keys(ruleCases).sort(), allAlerts.map(({ name }) => name).sort());
});

for (const [name, { firing, labels, quiet, at, step = 1 }] of Object.entries(ruleCases)) {
  test(`${name} fires`, async (t) => {
    const rule = ruleGroups(defaultRunbooks)
      .flatMap(({ rules }) => rules)
      .find(({ alert }) => alert === name);
    const all = { ...labels, ...rule?.labels };
    const fill = (text: string) =>
      text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => (all as Record<string, string>)[label] ?? '');
    const annotations = Object.entries(rule?.annotations ?? {}).map(([key, text]) => [key, fill(text)]);
    const expected = [{ exp_labels: all, exp_annotations: Object.fromEntries(annotations) }];
    await promtool(t, step, [unitTest(name, firing, at * step, step, expected)]);
  });
  test(`${name} does not fire`, async (t) => {
    t.true(quiet.length > 0);
    await promtool(
      t,
      step,
      quiet.map((series) => unitTest(name, series, at * step, step, [])),
    );
  });
}

function unitTest(
  alertname: string,
  series: InputSeries,
  at: number,
  step: number,
  expected: readonly object[],
): object {
  return {
    interval: `${step}m`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${at}m`, alertname, exp_alerts: expected }],
  };
}

async function promtool(t: ExecutionContext, step: number, tests: readonly object[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-rules-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'test.json');
  await writeFile(file, JSON.stringify({ rule_files: [rulesFile], evaluation_interval: `${step}m`, tests }));
  await t.notThrowsAsync(
    run(needBinary('promtool'), ['test', 'rules', file]).catch(({ stdout, stderr }) => {
      throw new Error(`${stdout}${stderr}`);
    }),
  );
}
