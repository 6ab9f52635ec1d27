/** What is said of damage: each one once in the log, all of them in the metrics. */
import type { StoreMetrics } from '../store-metrics.ts';
import type { DamagedPart, OnDamage } from './damage.ts';

export interface DamageLog {
  error(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  info(fields: object, message: string): void;
}

export const noLog: DamageLog = { error: () => {}, warn: () => {}, info: () => {} };

/** Damages that are remembered, so that a client that asks again and again does not fill the log. */
const maxRemembered = 1000;

export function damageReports(log: DamageLog, metrics: Pick<StoreMetrics, 'damaged'>): OnDamage {
  const said = new Set<string>();
  return (part: DamagedPart, key: string | undefined, message: string) => {
    metrics.damaged(part);
    const name = `${part} ${key}`;
    if (said.has(name)) return undefined;
    if (said.size === maxRemembered) said.clear();
    said.add(name);
    log.error({ part, key }, `Damaged data: ${message}`);
    return undefined;
  };
}
