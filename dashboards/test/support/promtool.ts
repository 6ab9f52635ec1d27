/** Evaluates the generated rules with promtool. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadYaml } from '@kubernetes/client-node';
import { needBinary } from '../../../test-support/programs/binaries.ts';
import type { InputSeries } from './rules/series.ts';

export const rulesFile = fileURLToPath(new URL('../../generated/rules.yaml', import.meta.url));
const run = promisify(execFile);

export interface Expectation {
  /** Minutes after the start. */
  readonly at: number;
  readonly alert: string;
  /** As promtool wants them: none must fire when there are none. */
  readonly alerts: readonly object[];
}

export function unitTest(name: string, series: InputSeries, step: number, expected: readonly Expectation[]): object {
  return {
    name,
    interval: `${step}m`,
    input_series: Object.entries(series).map(([each, values]) => ({ series: each, values })),
    alert_rule_test: expected.map(({ at, alert, alerts }) => ({
      eval_time: `${at}m`,
      alertname: alert,
      exp_alerts: alerts,
    })),
  };
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert?: string }[] }[];
}

/** The rules that an alert needs: evaluating all of them takes most of the time. */
async function rulesOf(alert: string): Promise<Rules> {
  const { groups } = loadYaml<Rules>(await readFile(rulesFile, 'utf8'));
  const withAlert = groups.filter(({ rules }) => rules.some((rule) => rule.alert === alert));
  return {
    groups: withAlert.map((group) => ({
      ...group,
      rules: group.rules.filter((rule) => rule.alert === undefined || rule.alert === alert),
    })),
  };
}

/**
 * Throws Error with what promtool says when a test fails.
 * @param alert the only one to evaluate; undefined for all
 */
export async function testRules(step: number, tests: readonly object[], alert?: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-rules-'));
  try {
    const file = join(folder, 'test.json');
    const rules = alert === undefined ? rulesFile : join(folder, 'rules.json');
    if (alert !== undefined) await writeFile(rules, JSON.stringify(await rulesOf(alert)));
    await writeFile(file, JSON.stringify({ rule_files: [rules], evaluation_interval: `${step}m`, tests }));
    await run(needBinary('promtool'), ['test', 'rules', file]);
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool: ${stdout}${stderr}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws Error with what promtool finds in the rules; else what it says about them. */
export async function checkRules(file = rulesFile): Promise<string> {
  return (await run(needBinary('promtool'), ['check', 'rules', '--lint-fatal', file])).stdout;
}
