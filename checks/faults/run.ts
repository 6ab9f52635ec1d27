/** One run: a system, a checked workload, and faults one after the other or two at once, until the time is over. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pick, seededRandom } from '../../test-support/seeded-random.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { Counters } from '../linearizable/clients/counters.ts';
import { HotKeys } from '../linearizable/clients/hot-keys.ts';
import { Workload } from '../linearizable/clients/workload.ts';
import type { Operation } from '../linearizable/history/operation.ts';
import { withPresence } from '../linearizable/history/presence.ts';
import { Recorder } from '../linearizable/history/recorder.ts';
import { violations } from '../linearizable/judge/linearizable.ts';
import { Mirrors } from '../linearizable/mirror/mirrors.ts';
import { ExpiringClients } from './expiring/clients.ts';
import { judge } from './expiring/history.ts';
import { inTurns } from './fault.ts';
import { readEverything } from './read-everything.ts';
import { availability, type Summary } from './summary.ts';
import { type Mode, type System, startSystem } from './system.ts';

export interface RunOptions {
  readonly mode: Mode;
  /** How long faults are injected; starting, mending and checking come on top. */
  readonly seconds: number;
  /** Repeats the order of the faults and how long they last, not what operations meet them. */
  readonly seed: number;
  /** Milliseconds that a client rests between two operations, at the most. */
  readonly rest?: number;
  readonly onFault?: (names: readonly string[]) => void;
  /** Ends the run early, with everything cleaned up. */
  readonly signal?: AbortSignal;
}

const clients = 9;
/** Those that act at the same instant. */
const hotClients = 12;

export async function run({ mode, seconds, seed, rest = 40, onFault, signal }: RunOptions): Promise<Summary> {
  const cleanups: (() => Promise<unknown>)[] = [];
  try {
    const directory = await mkdtemp(join(tmpdir(), 'kvstore-faults-'));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
    const system = await startSystem(mode, directory, cleanups);
    cleanups.push(async () => system.mend());
    const replicas = system.units;
    // Not the faults' random numbers: how many of these are drawn depends on how fast the machine is.
    const clientsPerReplica = clients / replicas.length;
    const recorder = new Recorder();
    const own = { recorder, replicas, rest };
    const workload = new Workload({ ...own, clientsPerReplica, random: seededRandom(seed + 1) });
    cleanups.push(() => workload.stop());
    const hotKeys = new HotKeys({
      ...own,
      perReplica: hotClients / replicas.length,
      random: seededRandom(seed + 3),
      team: 0,
    });
    cleanups.push(() => hotKeys.stop());
    const mirrors = new Mirrors({ replicas, random: (i) => seededRandom(seed + 4 + i), prefixes: ['', '', 'hot-'] });
    cleanups.push(() => mirrors.stop());
    const expiring = new ExpiringClients({ replicas, clients: clients / 3, random: seededRandom(seed + 2), rest });
    cleanups.push(() => expiring.stop());
    const counters = new Counters({ replicas, clientsPerReplica, random: seededRandom(seed + 50), rest });
    cleanups.push(() => counters.stop());
    await recovered(system, recorder);
    const start = performance.now();
    const { faults, failure } = await injectFaults(system, recorder, { seed, seconds, onFault, signal });
    const end = performance.now();
    await Promise.all([workload.stop(), hotKeys.stop(), expiring.stop(), counters.stop()]);
    if (failure === undefined) await counters.finish();
    if (failure === undefined) await mirrors.finish();
    else await mirrors.stop();
    const { history: recorded, errors } = recorder;
    // Without recovery there may be no replica to read from; what was seen until then is judged all the same.
    const nothing = { reads: [], differences: [] };
    const last = failure === undefined ? await readEverything(replicas, recorded) : nothing;
    if (failure === undefined) await expiring.readEverything();
    const deadlines = judge(
      expiring.history,
      system.units.flatMap(({ clock }) => clock.jumps),
    );
    const history: Operation[] = [...withPresence(recorded), ...last.reads];
    return {
      ...{ seconds: Math.round((end - start) / 1000), operations: recorded.length, faults, failure },
      unknown: history.filter(({ kind, end }) => kind === 'write' && end === Number.POSITIVE_INFINITY).length,
      refused: Object.fromEntries(errors),
      impossible: system.impossible,
      ...availability(recorded, start, end),
      expiring: { keys: expiring.history.keys.length, judged: deadlines.judged },
      counted: counters.count,
      mirrored: { events: mirrors.events, compared: mirrors.compared },
      lostOrStale: [
        ...violations(history),
        ...recorder.violations,
        ...counters.violations(),
        ...mirrors.violations([...recorded, ...counters.writes]),
        ...last.differences,
        ...deadlines.violations,
      ],
    };
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

async function injectFaults(
  system: System,
  recorder: Recorder,
  { seed, seconds, onFault, signal }: Pick<RunOptions, 'seed' | 'seconds' | 'onFault' | 'signal'>,
): Promise<Pick<Summary, 'faults' | 'failure'>> {
  const random = seededRandom(seed);
  const turns = inTurns(Object.keys(system.faults), random);
  const injected: Record<string, number> = {};
  let failure: unknown;
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end && failure === undefined && !signal?.aborted) {
    const first = turns.next().value;
    const others = Object.keys(system.faults).filter(
      (name) => system.faults[name]?.subject !== system.faults[first]?.subject,
    );
    const names = random() < 0.25 && others.length > 0 ? [first, pick(others, random)] : [first];
    onFault?.(names);
    try {
      // Each draws from numbers of its own: how two faults at once take turns must not change what follows.
      const each = names.map((name) => ({ name, own: seededRandom(random() * 2 ** 32) }));
      await allDone(each.map(({ name, own }) => system.faults[name]?.run(own, 200 + own() * 1300)));
      await recovered(system, recorder);
    } catch (cause) {
      failure = new Error(`No recovery from: ${names.join(', ')}`, { cause });
    }
    for (const name of names) injected[name] = (injected[name] ?? 0) + 1;
  }
  return { faults: injected, failure };
}

/** Rejects with the first error, but not before all have ended: nothing may start behind the clean-up. */
async function allDone(promises: readonly (Promise<void> | undefined)[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

/** Every process is ready, and operations are answered. */
async function recovered({ units }: System, { history }: Recorder): Promise<void> {
  await Promise.all(units.map((unit) => unit.ready()));
  const from = history.length;
  await waitFor('operations flow', () => history.length > from + 2 * clients);
}
