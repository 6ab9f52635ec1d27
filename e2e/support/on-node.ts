/**
 * Commands on the cluster's node. KV_E2E_NODE holds the words that run one in the node's network and process
 * namespaces, such as `docker exec k3d-kvstore-server-0`.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { waitFor } from '../../test-support/wait-for.ts';
import { field } from './kubectl.ts';

const node = (process.env.KV_E2E_NODE ?? '').split(' ').filter((word) => word !== '');

/** Whether KV_E2E_NODE is set. */
export const hasNode = node.length > 0;

/** Rejects when the command fails. */
export async function onNode(...command: readonly string[]): Promise<string> {
  const [program = '', ...words] = [...node, ...command];
  return (await promisify(execFile)(program, words)).stdout;
}

/**
 * Starts a script of `sh` that goes on. It prints a line when it has begun; one that ends without it has failed.
 * @returns ends the script on the node, where it might outlive the command that started it from here
 */
export async function startOnNode(script: string, ...words: readonly string[]): Promise<() => Promise<void>> {
  const [program = '', ...rest] = [...node, 'sh', '-c', `echo $$\n${script}`, 'script', ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let errors = '';
  child.stderr.on('data', (data: Buffer) => {
    errors = (errors + data.toString()).slice(-2000);
  });
  const lines: string[] = [];
  for await (const line of createInterface(child.stdout)) if (lines.push(line) === 2) break;
  child.stdout.resume();
  const [pid = ''] = lines;
  if (lines.length < 2) throw new Error(`The script ended on the node before it had begun: ${errors}`);
  return async () => {
    // It may have ended with what it was about.
    await onNode('sh', '-c', 'kill "$1"', 'kill', pid).catch(() => undefined);
    await ended;
  };
}

/** A container's processes carry the pod's name as their host name. */
const killScript = `
killed=0
for process in /proc/[0-9]*; do
  if tr '\\0' '\\n' <"$process/environ" 2>/dev/null | grep -qx "HOSTNAME=$1"; then
    kill -9 "\${process#/proc/}" && killed=$((killed + 1))
  fi
done
echo "$killed"
[ "$killed" -gt 0 ]`;

/** Sends SIGKILL to what runs in the pod: no goodbye to anybody, no endpoint taken out before. Rejects when nothing runs. */
export async function killProcesses(pod: string): Promise<void> {
  await onNode('sh', '-c', killScript, 'kill', pod);
}

/** Kills what runs in the pod; resolves once its container was started again and is ready. */
export async function killAndWait(namespace: string, pod: string): Promise<void> {
  const restarts = () => field('.status.containerStatuses[0].restartCount', 'pod', pod, '-n', namespace);
  const before = Number(await restarts());
  await killProcesses(pod);
  await waitFor(
    `${pod} runs again`,
    async () => {
      const ready = await field('.status.containerStatuses[0].ready', 'pod', pod, '-n', namespace);
      return Number(await restarts()) > before && ready === 'true';
    },
    { timeout: 120_000, interval: 500 },
  );
}

/** Drops packets to and from a pod's address, or lets them through again. */
export async function dropPackets(address: string, how: 'begin' | 'end'): Promise<void> {
  const change = how === 'begin' ? '-I' : '-D';
  await Promise.all(
    ['-s', '-d'].map((side) => onNode('iptables', '-w', change, 'FORWARD', side, address, '-j', 'DROP')),
  );
}
