/**
 * A Prometheus on this machine that watches the cluster's pods as dashboards/scrape.yaml has it. It reaches them through
 * the API server, by `kubectl proxy`: so it needs no way into the cluster's network and no rights but those of kubectl.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { loadYaml } from '@kubernetes/client-node';
import { Prometheus } from '../../dashboards/test/support/prometheus.ts';
import { kubectl } from '../../e2e/support/kubectl.ts';
import { followPods } from './follow-pods.ts';
import { gameDayRules } from './rules.ts';

const scrapeFile = new URL('../../dashboards/scrape.yaml', import.meta.url);
/** Its job `kubelet` is the documented one. */
const overlayFile = new URL('../../config/observability/files/prometheus.yml', import.meta.url);

/** Seconds between two scrapes, and between two evaluations of the rules. */
export const interval = 5;

export interface ClusterPrometheus {
  readonly prometheus: Prometheus;
  stop(): Promise<void>;
}

export async function watchCluster(longestWait: number): Promise<ClusterPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-gameday-'));
  const cleanUps: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const stop = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  };
  try {
    const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanUps.push(() => endProcess(proxy));
    const door = await addressOf(proxy);
    const targets = join(folder, 'targets.json');
    const discovery = await followPods(door, targets);
    cleanUps.push(async () => discovery.stop());
    const rules = join(folder, 'rules.json');
    await writeFile(rules, JSON.stringify(gameDayRules(longestWait)));
    const prometheus = await Prometheus.start({
      global: { scrape_interval: `${interval}s`, scrape_timeout: `${interval}s`, evaluation_interval: `${interval}s` },
      scrape_configs: [
        ...scrapeConfigs(await readFile(scrapeFile, 'utf8'), targets),
        kubeletConfig(await readFile(overlayFile, 'utf8'), door, await nodes()),
      ],
      rule_files: [rules],
    });
    cleanUps.push(() => prometheus.stop());
    return { prometheus, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function endProcess(process: ChildProcess): Promise<void> {
  const ended = once(process, 'exit');
  if (process.exitCode === null && process.kill()) await ended;
}

async function addressOf(proxy: ChildProcess): Promise<string> {
  if (proxy.stdout === null) throw new Error('kubectl proxy has no output');
  for await (const line of createInterface(proxy.stdout)) {
    const [, address] = /^Starting to serve on (\S+)/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('kubectl proxy ended before it served');
}

async function nodes(): Promise<readonly string[]> {
  return (await kubectl('get', 'nodes', '-o', 'name')).split('\n').flatMap((line) => line.split('/')[1] ?? []);
}

interface ScrapeConfig {
  readonly job_name?: string;
  readonly metric_relabel_configs?: readonly object[];
  readonly kubernetes_sd_configs?: readonly object[];
  readonly relabel_configs?: readonly object[];
}

/** @param targets the file that discovery writes */
export function scrapeConfigs(text: string, targets: string): object[] {
  const { scrape_configs } = loadYaml<{ scrape_configs: readonly ScrapeConfig[] }>(text);
  const pod = ['namespace', 'pod_name', 'pod_container_port_number'].map((name) => `__meta_kubernetes_${name}`);
  const throughApiServer = [
    {
      source_labels: ['__scheme__', ...pod, '__metrics_path__'],
      separator: ';',
      regex: '(.+);(.+);(.+);(.+);(.+)',
      replacement: '/api/v1/namespaces/$2/pods/$1:$3:$4/proxy$5',
      target_label: '__metrics_path__',
    },
    { target_label: '__scheme__', replacement: 'http' },
    { source_labels: pod, separator: '/', target_label: 'instance' },
  ];
  return scrape_configs.map(({ kubernetes_sd_configs: _, relabel_configs = [], ...config }) => ({
    ...config,
    file_sd_configs: [{ files: [targets] }],
    relabel_configs: [...relabel_configs, ...throughApiServer],
  }));
}

/** What the kubelets know of volumes, which they measure once in a minute. @param door host and port of `kubectl proxy` */
export function kubeletConfig(text: string, door: string, nodes: readonly string[]): object {
  const { scrape_configs } = loadYaml<{ scrape_configs: readonly ScrapeConfig[] }>(text);
  const job = scrape_configs.find(({ job_name }) => job_name === 'kubelet');
  if (job === undefined) throw new Error('There is no job kubelet');
  return {
    job_name: 'kubelet',
    scrape_interval: '15s',
    scrape_timeout: '10s',
    honor_labels: true,
    metric_relabel_configs: job.metric_relabel_configs,
    static_configs: nodes.map((node) => ({
      targets: [door],
      labels: { __metrics_path__: `/api/v1/nodes/${node}/proxy/metrics`, instance: node },
    })),
  };
}
