/** What a look at a KvStore has brought; its conditions are made from nothing else. */
import type { V1CronJob, V1Deployment } from '@kubernetes/client-node';
import type { EtcdOutcome } from '../../etcd/contract.ts';
import type { IngressSpec } from '../../kvstore.ts';
import type { Fault } from '../../reconcile/fault.ts';
import type { Restore } from '../../reconcile/restore.ts';
import type { Troubles } from '../../trouble/troubles.ts';
import type { Finding } from '../conditions.ts';

export interface Findings {
  /** As the cache shows it. */
  readonly deployment: V1Deployment | undefined;
  /** Undefined for an external etcd, or when it could not be looked at. */
  readonly etcd: EtcdOutcome | undefined;
  /** Of the backups, as the cache shows it. */
  readonly cronJob?: V1CronJob | undefined;
  readonly restore?: Restore | undefined;
  /** Whether replicas are to read by lease, and do not yet since pods of another image are there. */
  readonly leaseWaits?: boolean;
  /** Undefined: there is to be no Ingress. */
  readonly exposure?: Finding | undefined;
  /** Where clients find the store: as it stands, while spec.paused is true. */
  readonly ingress?: IngressSpec;
  /** Undefined: the spec has no backups. */
  readonly backup?: Finding | undefined;
  readonly troubles?: Troubles;
  /** Milliseconds since a replica had contact with an external etcd; undefined: not known, or not of interest. */
  readonly contactMs?: number | undefined;
  /** Milliseconds for which there have been fewer than asked for, without a break. */
  readonly short?: Short;
  /** What could not be done. */
  readonly faults: readonly Fault[];
}

export interface Short {
  readonly replicas?: number | undefined;
  readonly members?: number | undefined;
  /** That the route has not led to the store. */
  readonly route?: number | undefined;
  /** For which the same step of etcd has been under way. */
  readonly step?: number | undefined;
}

/** Milliseconds after which fewer than asked for is a fault, unless a step is under way. */
export const shortMs = 60_000;
/** A step of etcd that takes longer is hindered. */
export const stepMs = 120_000;
/** After which fewer than asked for is a fault although one step follows another. */
export const longMs = 300_000;
