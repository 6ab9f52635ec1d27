/** The example for Alertmanager names receivers and alerts that exist. alertmanager-live.test.ts runs it. */
import { readFile } from 'node:fs/promises';
import { loadYaml } from '@kubernetes/client-node';
import test from 'ava';
import { allAlerts } from '../src/alerts/all.ts';

interface Config {
  readonly route: { readonly receiver: string; readonly routes: readonly { readonly receiver: string }[] };
  readonly receivers: readonly { readonly name: string }[];
  readonly inhibit_rules: readonly {
    readonly source_matchers: readonly string[];
    readonly target_matchers: readonly string[];
    readonly equal: readonly string[];
  }[];
}

const config = loadYaml<Config>(await readFile(new URL('../alertmanager.yaml', import.meta.url), 'utf8'));

/** The alerts that a matcher of alertname takes. */
function named(matchers: readonly string[]): readonly string[] {
  const [, pattern = ''] = /^alertname =~? "(.+)"$/.exec(matchers.join()) ?? [];
  return allAlerts.map(({ name }) => name).filter((name) => new RegExp(`^(?:${pattern})$`).test(name));
}

test('every receiver exists, and inhibition goes by alerts that exist, from pages or earlier ones to others', (t) => {
  const receivers = config.receivers.map(({ name }) => name);
  for (const { receiver } of [config.route, ...config.route.routes]) t.true(receivers.includes(receiver), receiver);
  for (const { source_matchers, target_matchers, equal } of config.inhibit_rules) {
    const sources = named(source_matchers);
    const targets = named(target_matchers);
    t.true(sources.length > 0, source_matchers.join());
    t.true(targets.length > 0, target_matchers.join());
    // An alert that silenced itself would never be sent.
    for (const source of sources) t.false(targets.includes(source), source);
    t.true(equal.includes('namespace'), 'one namespace never silences another');
  }
  // Each alternative of a pattern takes an alert: no name that was changed is left behind.
  for (const { source_matchers, target_matchers } of config.inhibit_rules) {
    for (const [, name = ''] of `${source_matchers} ${target_matchers}`.matchAll(/\b(KvStore\w+)\b(?!\()/g)) {
      t.true(
        allAlerts.some((alert) => alert.name.startsWith(name)),
        name,
      );
    }
  }
});
