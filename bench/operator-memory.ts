/**
 * `npm run bench:operator-memory [minimal] [largest] [--heap=MiB]`: memory of the operator for so many minimal KvStores, and for
 * so many of the largest that the schema accepts. A real API server holds them; no kubelet runs, so there are no pods.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pathOf, resources } from '../operator/src/kube/resources.ts';
import { type Cluster, startCluster } from '../operator/test/support/cluster.ts';
import { largestSpec } from '../operator/test/support/largest-kvstore.ts';
import { wholeNumber } from '../test-support/argument-kinds.ts';
import { scriptArguments } from '../test-support/arguments.ts';
import { type MemoryKind, memoryOf } from '../test-support/process-memory.ts';
import { waitFor } from '../test-support/wait-for.ts';

const main = fileURLToPath(new URL('../operator/src/main.ts', import.meta.url));
const { minimal, largest, heap } = scriptArguments({
  words: { minimal: wholeNumber({ default: 500, from: 0 }), largest: wholeNumber({ default: 100, from: 0 }) },
  // What Node takes of the operator's limit of memory, 512 MiB, by itself.
  options: { heap: wholeNumber({ default: 256, from: 64 }) },
});
const atOnce = 10;

interface Memory {
  /** MiB resident once everything was made, and at the most. */
  readonly resident: number;
  readonly peak: number;
}

async function measure(count: number, specOf: (name: string) => object): Promise<Memory> {
  const cluster = await startCluster();
  try {
    const namespace = await cluster.createNamespace();
    for (let i = 0; i < count; i += atOnce) {
      const names = Array.from({ length: Math.min(atOnce, count - i) }, (_, k) => `store-${i + k}`);
      await Promise.all(names.map((name) => cluster.createKvStore(namespace, name, specOf(name))));
    }
    return await run(cluster, namespace, count);
  } finally {
    await cluster.stop();
  }
}

async function run(cluster: Cluster, namespace: string, count: number): Promise<Memory> {
  const env = {
    ...process.env,
    KUBECONFIG: cluster.server.kubeconfig,
    KVSTORE_PORT: '0',
    KVSTORE_LOG_LEVEL: 'error',
  };
  const operator = spawn(process.execPath, [`--max-old-space-size=${heap}`, main], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(operator, 'exit');
  try {
    const everything = async (): Promise<boolean> => {
      for (const kind of ['statefulSets', 'deployments'] as const) {
        const query = { limit: '1' };
        const list = await cluster.admin.request<{ metadata: { remainingItemCount?: number } }>(
          'GET',
          pathOf(resources[kind], namespace),
          { query },
        );
        if ((list.metadata.remainingItemCount ?? 0) + 1 < count) return false;
      }
      return true;
    };
    await waitFor('every object is made', everything, { timeout: 1_200_000, interval: 2_000 });
    // A second round of each: members that do not answer are asked again and again.
    await setTimeout(20_000);
    const mib = (kind: MemoryKind) => Math.round(memoryOf(operator.pid ?? 0, kind));
    return { resident: mib('VmRSS'), peak: mib('VmHWM') };
  } finally {
    operator.kill();
    await ended;
  }
}

const host = (name: string) => ({ host: `${name}.test` });
const plans = [
  ['minimal', minimal, (name: string) => ({ etcd: {}, ingress: host(name) })],
  [
    'largest',
    largest,
    (name: string) => {
      const spec = largestSpec();
      return { ...spec, ingress: { ...(spec as { ingress: object }).ingress, ...host(name) } };
    },
  ],
] as const;
for (const [title, count, specOf] of plans) {
  if (count === 0) continue;
  const { resident, peak } = await measure(count, specOf);
  process.stdout.write(`${count} ${title} KvStores: ${resident} MiB resident, ${peak} MiB at the most\n`);
}
