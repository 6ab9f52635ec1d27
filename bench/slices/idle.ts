/** When processes have done what they had put off: another one, on the same core, would pay for it. */
import { readdirSync } from 'node:fs';
import { waitFor } from '../../test-support/wait-for.ts';
import { statOf } from './process-stat.ts';

/** Milliseconds between two looks. */
const interval = 2;
/** Looks that see nothing: one may have come between two pieces of work. */
const enough = 3;

/** Resolves when none of their threads runs or waits for a processor; where there is no /proc, as if none did. Throws after a minute. */
export async function idle(pids: readonly number[]): Promise<void> {
  let quiet = 0;
  await waitFor(
    'the servers rest',
    () => {
      quiet = pids.some(isRunning) ? 0 : quiet + 1;
      return quiet >= enough;
    },
    { interval },
  );
}

function isRunning(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  try {
    return readdirSync(folder).some((thread) => statOf(`${folder}/${thread}`)[0] === 'R');
  } catch {
    return false;
  }
}
