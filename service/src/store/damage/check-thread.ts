/**
 * A thread (see data-check.ts) that checks the data file of a directory, and says what is wrong with it, if anything. It
 * works in slices, so that it takes no more than a fifth of a core that it may share with the event loop.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { checkDataFile } from '../files/data-file.ts';
import type { CheckResult } from './data-check.ts';

/** Milliseconds of a slice of work, and of the pause behind it. */
const slice = 5;
const rest = 20;
/** Pages that are read between two looks at the time. */
const readsPerLook = 16;

parentPort?.postMessage(check(String(workerData)));

function check(directory: string): CheckResult {
  let worked = 0;
  let begun = workTime();
  let reads = 0;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const onRead = () => {
    // To ask for the time takes longer than to look at a page.
    if (++reads % readsPerLook !== 0) return;
    const spent = workTime() - begun;
    if (spent < slice) return;
    worked += spent;
    Atomics.wait(sleeper, 0, 0, rest);
    begun = workTime();
  };
  let fault: string | undefined;
  try {
    checkDataFile(directory, onRead);
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
  }
  return { fault, worked: worked + workTime() - begun };
}

/** Milliseconds of processor time: what a slow disk takes is no work. */
function workTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
