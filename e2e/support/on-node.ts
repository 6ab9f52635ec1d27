/**
 * Commands on the cluster's node. KV_E2E_NODE holds the words that run one in the node's network and process
 * namespaces, such as `docker exec k3d-kvstore-server-0`.
 */
import { execFile } from 'node:child_process';
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
