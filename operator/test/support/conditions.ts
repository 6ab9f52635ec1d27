import { waitFor } from '../../../test-support/wait-for.ts';
import type { KvStore } from '../../src/kvstore.ts';
import type { Condition } from '../../src/status/conditions.ts';
import type { Cluster } from './cluster.ts';

/** Waits until a KvStore's condition has this status and reason, for the present generation of its spec. */
export function waitForCondition(
  cluster: Cluster,
  namespace: string,
  name: string,
  expected: Pick<Condition, 'type' | 'status' | 'reason'>,
): Promise<Condition> {
  return waitFor(`${name} has ${JSON.stringify(expected)}`, async () => {
    const { metadata, status } = await cluster.get<KvStore>('kvStores', namespace, name);
    const condition = status?.conditions?.find(({ type }) => type === expected.type);
    const holds =
      condition?.status === expected.status &&
      condition.reason === expected.reason &&
      condition.observedGeneration === metadata.generation;
    if (!holds) throw new Error(JSON.stringify(condition));
    return condition;
  });
}
