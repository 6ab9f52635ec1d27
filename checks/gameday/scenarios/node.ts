/** The node of a test cluster. */
import { field, kubectl } from '../../../e2e/support/kubectl.ts';
import type { KvStoreHandle } from '../../../e2e/support/kvstore.ts';
import { hasNode } from '../../../e2e/support/on-node.ts';

/** Why a scenario that needs commands on the node cannot be played; undefined: it can. */
export async function noNode(): Promise<string | undefined> {
  return hasNode ? undefined : 'KV_E2E_NODE is not set';
}

/** For commands about the node that a pod runs on. */
export async function nodeOf(pod: string, { namespace }: KvStoreHandle): Promise<Readonly<Record<'NODE', string>>> {
  return { NODE: await field('.spec.nodeName', 'pod', pod, '-n', namespace) };
}

/** Where the runbook's commands have been interrupted. Does nothing to a node that takes pods. */
export async function uncordon(node: string): Promise<void> {
  await kubectl('uncordon', node);
}
