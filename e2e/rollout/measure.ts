/**
 * Latency through the Ingress without and with each kind of rollout, in one run: `npm run e2e:rollout [seconds]` of load
 * for each. Prints a table and writes docs/rollout.svg. Needs what the end-to-end tests need.
 */
import { writeFile } from 'node:fs/promises';
import { wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { send } from '../support/client.ts';
import { type FortioReport, fortio } from '../support/fortio.ts';
import { createKvStore, withNamespace } from '../support/kvstore.ts';
import { installOperator, restartOperator } from '../support/operator.ts';
import { type Mark, plot, type Sample } from './plot.ts';

const { seconds } = scriptArguments({ words: { seconds: wholeNumber({ default: 30, from: 10, to: 3600 }) } });

await installOperator();
await withNamespace(async (namespace) => {
  const store = await createKvStore(namespace);
  const other = await createKvStore(namespace, {}, 'other');
  const start = performance.now();
  const now = () => (performance.now() - start) / 1000;
  const samples: Sample[] = [];
  const refused: string[] = [];
  let running = true;
  const sampling = sample();
  const marks: Mark[] = [];
  const rows: string[][] = [];

  await under('no change', async () => {});
  // What starting processes take from everything else on the machine, without a change to what is loaded.
  await under("another store's image", () =>
    other.patch({ image: 'kvstore/service:next' }).then(() => other.settled()),
  );
  await under('another image', () => store.patch({ image: 'kvstore/service:next' }));
  await under('the image of before', () => store.patch({ image: null }));
  await under('restart of etcd', () =>
    store.patch({ etcd: { resources: { requests: { cpu: '51m', memory: '129Mi' } } } }),
  );
  await under('restart of the operator', restartOperator);
  await under('no change again', async () => {});
  rows.push(row('no change, evenly spread', await fortio(store, seconds, { uniform: true })));
  running = false;
  await sampling;

  print(rows);
  process.stdout.write(`sets: ${samples.length} acknowledged, others: ${refused.join(' ') || 'none'}\n`);
  await writeFile(
    new URL('../../docs/rollout.svg', import.meta.url),
    plot('Latency of sets during rollouts', samples, marks),
  );

  /** Load while a change is made: until both are done. */
  async function under(text: string, change: () => Promise<unknown>): Promise<void> {
    marks.push({ at: now(), text });
    const [report] = await Promise.all([fortio(store, seconds), change().then(() => store.settled())]);
    rows.push(row(text, report));
  }

  /** One set after the other, 20 a second. */
  async function sample(): Promise<void> {
    for (let i = 0; running; i++) {
      const at = now();
      const answer = await send(store, 'POST', '/set', `{"sample":${i}}`).catch((error: Error) => error);
      if ('status' in answer && answer.status === 200) samples.push({ at, latency: (now() - at) * 1000 });
      else refused.push('status' in answer ? String(answer.status) : answer.message);
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 50 - (now() - at) * 1000)));
    }
  }
});

function row(name: string, { codes, p50, p99, p999 }: FortioReport): string[] {
  const answers = Object.entries(codes).map(([code, count]) => `${count} × ${code}`);
  return [name, answers.join(', '), ...[p50, p99, p999].map((ms) => `${ms.toFixed(1)} ms`)];
}

function print(rows: readonly string[][]): void {
  const lines = [['', 'answers', 'p50', 'p99', 'p99.9'], ['---', '---', '---', '---', '---'], ...rows];
  for (const cells of lines) process.stdout.write(`| ${cells.join(' | ')} |\n`);
}
