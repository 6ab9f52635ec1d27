/** When a warm-up ends, and that a process is ready only then. One after the other: those of a thread share a folder. */
import { existsSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { waitFor } from '../../../test-support/wait-for.ts';
import { readConfig } from '../../src/config.ts';
import { createService } from '../../src/service.ts';
import { openStandIn, type StandIn, standInFolders } from '../../src/warm-up/stand-in.ts';
import { WarmUp, type WarmUpOptions } from '../../src/warm-up/warm-up.ts';

const config = readConfig({});
const open = (): Promise<StandIn> => openStandIn(config, createService);
const silent = { debug() {}, warn() {} };

/** A warm-up whose times are the test's, each look at them a millisecond later. */
function warmUp(t: ExecutionContext, options: Partial<WarmUpOptions> & { cpuPerLook?: number } = {}): WarmUp {
  const { cpuPerLook = 1, ...rest } = options;
  let looks = 0;
  const time = { cpu: () => looks * cpuPerLook, wall: () => looks++ };
  const made = new WarmUp({ budget: 100, open, log: silent, time, ...rest });
  t.teardown(() => made.stop());
  return made;
}

test.serial('without processor time there is none: nothing is opened, and the process is ready at once', async (t) => {
  const made = warmUp(t, { budget: 0, open: () => t.fail() as never });
  t.is(made.notReady(), undefined);
  made.start();
  t.is(made.notReady(), undefined);
  await made.ended;
});

test.serial('the process is not ready from the beginning, and ready when the processor time is spent', async (t) => {
  const spent: object[] = [];
  const log = { ...silent, debug: (fields: object) => spent.push(fields) };
  const made = warmUp(t, { log: log as WarmUpOptions['log'] });
  t.is(made.notReady(), 'The service is warming up.');
  made.start();
  t.is(made.notReady(), 'The service is warming up.');
  await made.ended;
  t.is(made.notReady(), undefined);
  const [{ requests = 0, ms = 0 } = {}] = spent as { requests?: number; ms?: number }[];
  t.true(requests > 10, `${requests} requests`);
  t.true(ms >= 100 && ms < 150, `${ms} ms`);
});

test.serial('where the processor has no time for it, it ends after four times as long', async (t) => {
  let now = 0;
  const time = { cpu: () => 0, wall: () => now++ };
  const made = warmUp(t, { time });
  made.start();
  await made.ended;
  t.is(made.notReady(), undefined);
  t.true(now >= 400 && now < 450, `${now} ms`);
});

test.serial('it ends at once when the process is to end, and leaves nothing behind', async (t) => {
  const folders = () => standInFolders().filter((folder) => existsSync(folder));
  const made = warmUp(t, { budget: 3_600_000, cpuPerLook: 0 });
  made.start();
  await waitFor('it has opened its store', () => folders().length > 0);
  await made.stop();
  t.is(made.notReady(), undefined);
  t.deepEqual(folders(), []);
});

test.serial('one that is told to end before it began, or twice, ends', async (t) => {
  const made = warmUp(t, { budget: 3_600_000, cpuPerLook: 0 });
  const stopped = made.stop();
  made.start();
  await Promise.all([stopped, made.stop(), made.ended]);
  t.is(made.notReady(), undefined);
});

test.serial('a warm-up that fails is a warning, and the process serves', async (t) => {
  const warnings: unknown[][] = [];
  const log = { ...silent, warn: (...args: unknown[]) => void warnings.push(args) };
  const fault = new Error('no folder');
  const made = warmUp(t, { open: () => Promise.reject(fault), log: log as WarmUpOptions['log'] });
  made.start();
  await made.ended;
  t.is(made.notReady(), undefined);
  t.deepEqual(warnings, [[{ err: fault }, 'The warm-up failed: the first requests may be slow.']]);
});
