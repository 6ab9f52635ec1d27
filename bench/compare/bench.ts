/**
 * `npm run bench:compare -- FOLDER [call...]`: the processor time of a request in another checkout and in this one, in turn.
 * It hardly depends on what else the machine does, so the ratio of two commits can be had where rates say nothing.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decimal, oneOf, text, wholeNumber } from '../../test-support/argument-kinds.ts';
import { endUsage, scriptArguments } from '../../test-support/arguments.ts';
import { beginLoad } from '../load/load.ts';
import { cpuOf, withCpu } from '../load/measured-slice.ts';
import type { Slice } from '../load/session.ts';
import { loadCore, moveToCore } from '../pinned.ts';
import { type Candidate, inTurn, turnsIn } from '../slices/in-turn.ts';
import { spreadText } from '../slices/statistics.ts';
import { tokenLine } from '../speed/rows/shapes.ts';
import { fill, runKvstore } from '../speed/servers/kvstore.ts';
import { type Call, calls, pairs } from './calls.ts';

const {
  folder: before,
  rest: names,
  ...options
} = scriptArguments({
  words: { folder: text() },
  rest: oneOf(Object.keys(calls)),
  options: {
    rounds: wholeNumber({ default: 5, from: 1, to: 100 }),
    seconds: decimal({ default: 1, from: 0.1, to: 600 }),
  },
});
if (before === undefined) endUsage('Name the folder of the other checkout: npm run bench:compare -- FOLDER [call...]');

const checkouts = [before, fileURLToPath(new URL('../..', import.meta.url))] as const;
const connections = 50;
/** Milliseconds of a slice. */
const slice = 100;
/** Until the code of a process is compiled and what it keeps is kept, however busy the machine is. */
const warmUpAnswers = 20_000;

moveToCore(loadCore, process.pid);
const scratch = await mkdtemp(join(tmpdir(), 'kvstore-compare-'));
const tokensFile = join(scratch, 'tokens');
try {
  await writeFile(tokensFile, `${tokenLine}\n`);
  for (const [i, checkout] of checkouts.entries()) {
    await using server = await runKvstore(join(scratch, String(i)), {}, { checkout });
    await fill(server, pairs);
  }
  console.log('| call | before, us | now, us | ratio |\n|---|---|---|---|');
  for (const name of names.length === 0 ? Object.keys(calls) : names) await compare(name, calls[name] as Call);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function compare(name: string, call: Call): Promise<void> {
  const rounds: [before: number, now: number][] = [];
  for (let round = 0; round < options.rounds; round++) rounds.push(await measure(call, round % 2 === 1));
  const figures = [rounds.map(([a]) => a), rounds.map(([, b]) => b)].map((values) => spreadText(values, 1));
  const ratio = spreadText(
    rounds.map(([a, b]) => b / a),
    2,
  );
  console.log(`| ${[name, ...figures, ratio].join(' | ')} |`);
}

/** In processes of their own: two of the same code differ by some percent, and by which of them started first. */
async function measure(call: Call, isReversed: boolean): Promise<[before: number, now: number]> {
  const { requests, settings, needsToken, anyStatus } = call;
  await using ending = new AsyncDisposableStack();
  const candidates: Candidate<Slice & { readonly cpu: number }>[] = [];
  const inOrder = [...checkouts.entries()];
  for (const [i, checkout] of isReversed ? inOrder.reverse() : inOrder) {
    const variables = { ...settings, ...(needsToken && { KV_TOKENS_FILE: tokensFile }) };
    const { port, pids } = ending.use(await runKvstore(join(scratch, String(i)), variables, { checkout }));
    const session = await beginLoad({ port, requests, connections, anyStatus: anyStatus ?? false });
    ending.defer(async () => {
      if ((await session.end()).errors > 0) throw new Error('Requests failed');
    });
    candidates.push((milliseconds) => withCpu(pids, () => session.slice(milliseconds)));
  }
  for (let answers = 0; answers < warmUpAnswers; ) {
    const turn = await inTurn(candidates, 1, slice);
    answers += Math.min(...turn.flat().map((each) => each.answers));
  }
  const [first = [], second = []] = await inTurn(candidates, turnsIn(options.seconds, slice), slice);
  return isReversed ? [cpuOf(second), cpuOf(first)] : [cpuOf(first), cpuOf(second)];
}
