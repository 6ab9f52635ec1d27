/** Pods and routes of a KvStore wait for what protects others from them, and them from others. */
import type { KubernetesObject } from '@kubernetes/client-node';
import type { Applier } from '../apply/apply.ts';
import { isControlledBy } from '../apply/ownership.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { resources } from '../kube/resources.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import { RefusedReferenceError, refuseReferences } from './references.ts';

interface Parts {
  readonly caches: Caches;
  readonly client: KubeClient;
  readonly applier: Applier;
}

/** The identity that pods run with, and the policy that says who reaches them. */
const protecting: ReadonlySet<string> = new Set([resources.serviceAccounts.kind, resources.networkPolicies.kind]);
/** What runs with them or leads to them. */
const guarded: ReadonlySet<string> = new Set([
  resources.deployments.kind,
  resources.cronJobs.kind,
  resources.jobs.kind,
  resources.ingresses.kind,
]);

export class Protection {
  #isWhole = true;

  /** True: this object is neither made nor changed for now. What is there already stays. */
  holdsBack({ kind = '' }: KubernetesObject): boolean {
    return !this.#isWhole && guarded.has(kind);
  }

  /** This object could not be made as wanted. */
  lacks({ kind = '' }: KubernetesObject): void {
    if (protecting.has(kind)) this.#isWhole = false;
  }

  /**
   * A spec that refers to what it must not gets nothing that is guarded, and loses backups into such a claim, which would
   * write into it at the next turn of their schedule.
   * @throws RefusedReferenceError
   */
  async check(kvstore: KvStore, { caches, client, applier }: Parts): Promise<void> {
    this.#isWhole = false;
    try {
      await refuseReferences(kvstore, { caches, client });
      this.#isWhole = true;
    } catch (error) {
      const { namespace, name } = kvstore.metadata;
      const cronJob = caches.cronJobs.get(namespace, `${name}-backup`);
      const isRefused = error instanceof RefusedReferenceError && error.field === 'spec.backup.volumeClaim';
      if (isRefused && cronJob !== undefined && isControlledBy(cronJob, kvstore)) {
        await applier.remove(cronJob, cronJob.metadata?.uid);
      }
      throw error;
    }
  }
}
