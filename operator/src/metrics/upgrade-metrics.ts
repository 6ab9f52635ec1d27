import { Gauge, type Registry } from 'prom-client';

/** How far a new version of the operator has come among the KvStores. */
export interface UpgradeMetrics {
  set(active: number, waiting: number): void;
}

export function createUpgradeMetrics(registry: Registry): UpgradeMetrics {
  const registers = [registry];
  const active = new Gauge({
    name: 'kvstore_operator_upgrades_active',
    help: 'KvStores whose pods are made anew because the operator is a new version.',
    registers,
  });
  const waiting = new Gauge({
    name: 'kvstore_operator_upgrades_waiting',
    help: 'KvStores that wait for their turn to be made anew.',
    registers,
  });
  return {
    set(activeCount, waitingCount) {
      active.set(activeCount);
      waiting.set(waitingCount);
    },
  };
}
