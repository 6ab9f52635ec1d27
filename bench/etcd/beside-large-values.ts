/**
 * `node bench/etcd/beside-large-values.ts [ROUNDS] [SECONDS]`: what etcd itself, without the service, leaves to small requests beside large
 * ones: four clients that read and four that write, with 10 ms between two requests of each, alone and beside others that set a mebibyte
 * each at once, or read it. What `npm run budgets -- --etcd` measures of the service is to be seen beside it. Rates in turn, in each round.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { decimal, wholeNumber } from '../../test-support/argument-kinds.ts';
import { scriptArguments } from '../../test-support/arguments.ts';
import { EtcdCluster } from '../../test-support/etcd-cluster.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { spreadText } from '../slices/statistics.ts';
import { type Direct, direct, succeeds } from './direct.ts';

const { rounds, seconds } = scriptArguments({
  words: {
    rounds: wholeNumber({ default: 3, from: 1, to: 20 }),
    seconds: decimal({ default: 2, from: 0.1, to: 60 }),
  },
});
/** What others do, and how many of them. */
const kinds = [
  ['set', 150],
  ['set', 30],
  ['get', 100],
] as const;
const clients = 4;
/** Milliseconds between two requests of a client. */
const between = 10;

interface Rates {
  /** Answers a second. */
  readonly reads: number;
  readonly writes: number;
}

console.log('| beside clients | reads left | writes left | large ones a second |\n|---|---|---|---|');
for (const [act, count] of kinds) {
  // One etcd for each, so that none finds what another has left.
  const cluster = await EtcdCluster.start({ size: 3, flags: [`--max-request-bytes=${2 << 20}`] });
  try {
    await compare(cluster.endpoints, act, count);
  } finally {
    await cluster.stop();
  }
}

async function compare(endpoints: readonly string[], act: string, count: number): Promise<void> {
  const etcd = direct(endpoints);
  await etcd.set('large', 'x'.repeat(1 << 20));
  await etcd.set('small', 'x');
  const left: Rates[] = [];
  const large: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await ordinary(etcd);
    const others = await startOthers(endpoints, act, count);
    try {
      const before = others.answered();
      const beside = await ordinary(etcd);
      large.push((others.answered() - before) / seconds);
      left.push({ reads: beside.reads / alone.reads, writes: beside.writes / alone.writes });
    } finally {
      await others.end();
    }
    // What etcd has taken is done first.
    await waitFor('etcd answers at once', () => isQuick(etcd), { timeout: 120_000 });
  }
  etcd.close();
  const [reads, writes] = (['reads', 'writes'] as const).map((kind) =>
    spreadText(
      left.map((each) => each[kind]),
      2,
    ),
  );
  console.log(`| ${[`${count} that ${act} a mebibyte each`, reads, writes, spreadText(large, 0)].join(' | ')} |`);
}

async function isQuick(etcd: Direct): Promise<boolean> {
  const from = performance.now();
  await etcd.set('small', 'x');
  return performance.now() - from < 20;
}

/** Of clients that mean well. */
async function ordinary(etcd: Direct): Promise<Rates> {
  const answered = { reads: 0, writes: 0 };
  let isOver = false;
  const work = async (kind: keyof Rates) => {
    while (!isOver) {
      const done = kind === 'reads' ? etcd.read('small') : etcd.set('written', 'x');
      const isAnswered = await succeeds(done);
      if (isAnswered && !isOver) answered[kind]++;
      await pause(between);
    }
  };
  const working = Array.from({ length: clients }, () => [work('reads'), work('writes')]).flat();
  await pause(1000 * seconds);
  isOver = true;
  await Promise.all(working);
  return { reads: answered.reads / seconds, writes: answered.writes / seconds };
}

async function startOthers(endpoints: readonly string[], act: string, count: number) {
  const script = fileURLToPath(new URL('large-values.ts', import.meta.url));
  const child = spawn(process.execPath, [script, act, String(count), ...endpoints], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let answered: number | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answered = Number(text.trim().split('\n').at(-1));
  });
  await waitFor('they have begun', () => answered !== undefined);
  return {
    answered: () => answered ?? 0,
    async end() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
