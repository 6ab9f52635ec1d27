/** The clients of one kind, in a process of their own, so that what they do takes no time of those who measure. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Address } from '../overload/exchange.ts';
import { manyWatches } from './watchers.ts';
import { worstClients } from './worst-clients.ts';

/** The names of all kinds. */
export const attacks: readonly string[] = [...Object.keys(worstClients), manyWatches];

const script = fileURLToPath(new URL('attack.ts', import.meta.url));
/** Milliseconds that an attack may take to begin. */
const beginTime = 60_000;

/**
 * Resolves when the clients have begun. They begin anew every two seconds.
 * @returns ends them, all at once
 */
export async function startAttack({ host = '127.0.0.1', port }: Address, kind: string): Promise<() => Promise<void>> {
  const words = [script, host, String(port), kind];
  const attack = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(attack, 'exit');
  const end = async () => {
    attack.kill('SIGKILL');
    await ended;
  };
  try {
    await once(attack.stdout, 'data', { signal: AbortSignal.timeout(beginTime) });
    return end;
  } catch (error) {
    await end();
    throw error;
  }
}
