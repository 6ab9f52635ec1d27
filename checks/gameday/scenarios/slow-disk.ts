/** A disk that takes long to flush, for one member of etcd. */
import { field } from '../../../e2e/support/kubectl.ts';
import { onNode, startOnNode } from '../../../e2e/support/on-node.ts';
import type { Ongoing } from '../scenario.ts';

/** Microseconds that each flush takes longer. */
const delay = 200_000;

/**
 * strace holds each flush of the member's process back. Its second line is printed when the process is found: strace itself
 * says nothing when it has begun. The control group of a process has the uid of its pod: names are those of other stores' pods, too.
 */
const script = `
for process in /proc/[0-9]*; do
  [ "$(cat "$process/comm" 2>/dev/null)" = etcd ] || continue
  tr _ - <"$process/cgroup" | grep -q "pod$1" || continue
  echo "found \${process#/proc/}"
  exec strace -f -qq -o /dev/null -e trace=fsync,fdatasync -e "inject=fsync,fdatasync:delay_enter=$2" -p "\${process#/proc/}"
done
exit 1`;

export async function slowDisk(namespace: string, pod: string): Promise<Ongoing> {
  const uid = await field('.metadata.uid', 'pod', pod, '-n', namespace);
  const stop = await startOnNode(script, uid, String(delay));
  return { stop };
}

/** Why it cannot be played; undefined: it can. */
export async function noStrace(): Promise<string | undefined> {
  return onNode('strace', '-V').then(
    () => undefined,
    (error: Error) => `strace does not run on the node: ${error.message}`,
  );
}
