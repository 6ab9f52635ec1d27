/** The operator under test. */
import { kubectl } from './kubectl.ts';

/** Finds its pods. */
export const operatorSelector = 'app.kubernetes.io/name=kvstore-operator';

const inNamespace = ['-n', 'kvstore-system'] as const;

/** Installs it from config/, or leaves it as it is when that is what is there. */
export async function installOperator(): Promise<void> {
  await kubectl('apply', '-k', 'config');
  // Where the tests reach the Ingress controller, and the operator's pod can, too.
  const door = process.env.KV_E2E_INGRESS_FROM_PODS;
  const setting = `KVSTORE_INGRESS_URLS=${door ? `traefik=${door}` : ''}`;
  await kubectl('set', 'env', ...inNamespace, 'deployment/kvstore-operator', setting);
  await operatorRolledOut();
}

export async function restartOperator(): Promise<void> {
  await kubectl('rollout', 'restart', ...inNamespace, 'deployment/kvstore-operator');
  await operatorRolledOut();
}

export async function operatorRolledOut(): Promise<void> {
  await kubectl('rollout', 'status', ...inNamespace, 'deployment/kvstore-operator', '--timeout=120s');
}
