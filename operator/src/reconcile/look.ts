/** Everything that a KvStore's status is made from, gathered from caches and questions; nothing is changed here. */
import type { Clock } from '../clock.ts';
import { restoreJobName } from '../desired/restore-job.ts';
import type { EtcdOutcome } from '../etcd/contract.ts';
import { type Exposure, type Exposures, ownIngress } from '../exposure/exposure.ts';
import { exposedCondition, notAsked } from '../exposure/finding.ts';
import { asItStands } from '../exposure/standing.ts';
import type { Caches } from '../kube/sources.ts';
import type { KvStore } from '../kvstore.ts';
import type { Findings } from '../status/condition/findings.ts';
import { longMs, shortMs, stepMs } from '../status/condition/findings.ts';
import { conditionOf } from '../status/conditions.ts';
import { Lasting } from '../trouble/lasting.ts';
import type { WarningEvents } from '../trouble/pod-events.ts';
import { noTroubles, type Troubles, troublesOf } from '../trouble/troubles.ts';
import type { UpgradeStep } from '../upgrade/turn-end.ts';
import { backupOf } from './backup.ts';
import { type Contacts, contactPollMs } from './contact.ts';
import { type Fault, faultOf, isServiceForeign } from './fault.ts';
import { type Restore, restoreOf } from './restore.ts';
import { RestoreNotAllowedError } from './restore-permission.ts';

export interface LookerOptions {
  readonly caches: Caches;
  readonly clock: Clock;
  readonly exposures: Exposures;
  readonly contacts: Contacts;
  readonly warnings: WarningEvents;
  /** The time of day. */
  readonly now: () => Date;
}

/** What a pass over the KvStore has brought already. */
export interface Pass {
  readonly etcd: EtcdOutcome | undefined;
  readonly faults: readonly Fault[];
  /** Undefined: nothing was to be changed. */
  readonly upgrade?: UpgradeStep;
}

export interface Look {
  readonly findings: Findings;
  /** Milliseconds after which to look again; undefined: when something changes. */
  readonly requeueAfterMs: number | undefined;
}

export class Looker {
  readonly #options: LookerOptions;
  readonly #lasting: Lasting;

  constructor(options: LookerOptions) {
    this.#options = options;
    this.#lasting = new Lasting(options.clock);
  }

  /** Never rejects: what could not be looked at is a fault. */
  async look(kvstore: KvStore, pass: Pass): Promise<Look> {
    const { caches, exposures, contacts } = this.#options;
    const { namespace, name } = kvstore.metadata;
    const faults: Fault[] = [...pass.faults];
    const orFault = async <T>(action: () => Promise<T>, otherwise: T): Promise<T> => {
      try {
        return await action();
      } catch (error) {
        faults.push(faultOf(error));
        return otherwise;
      }
    };
    const troubles = await orFault(() => this.#troubles(kvstore), noTroubles);
    const notAllowed = faults.find(({ error }) => error instanceof RestoreNotAllowedError);
    const restore = this.restore(kvstore, troubles, notAllowed);
    const serviceIsForeign = isServiceForeign(kvstore, pass.faults);
    const restoring = restore?.holdsUp !== undefined;
    // What cannot be looked at now is as it was.
    const deployment = caches.deployments.get(namespace, name);
    const availableReplicas = deployment?.status?.availableReplicas ?? 0;
    const standing = standingExposure(kvstore, availableReplicas);
    const exposure = await orFault(() => exposures.look(kvstore, { serviceIsForeign, restoring }), standing);
    const contact = contacts.of(kvstore, availableReplicas);
    const { etcd } = pass;
    const holds = {
      replicas: availableReplicas < kvstore.spec.replicas,
      members: etcd !== undefined && etcd.readyMembers < etcd.members,
      route: exposure?.finding.status === 'False' && exposure.finding.reason !== 'NoReplica',
      // What is not to be changed does not get on.
      [stepKey(etcd)]: etcd?.settled === false && !kvstore.spec.paused,
    };
    const holding = Object.entries(holds).flatMap(([what, isSo]) => (isSo ? [what] : []));
    const ages = this.#lasting.of(`${namespace}/${name}`, holding, this.#before(kvstore));
    const key = `${namespace}/${name}`;
    const backup = backupOf(kvstore, {
      jobs: caches.jobs.ofGroup(key),
      pods: caches.pods.ofGroup(key),
      troubles: troubles.backup,
    });
    const waits = [
      troubles.nextMs,
      exposure?.requeueAfterMs,
      kvstore.spec.externalEtcd === undefined ? undefined : contactPollMs,
      ...[...ages.values()].flatMap((ms) =>
        [shortMs, stepMs, longMs].flatMap((limit) => (ms < limit ? [limit - ms] : [])),
      ),
      // A backup that cannot start is ended some time.
      troubles.backup.length > 0 ? shortMs : undefined,
    ].filter((ms) => ms !== undefined);
    return {
      findings: {
        deployment,
        etcd: pass.etcd,
        cronJob: caches.cronJobs.get(namespace, `${name}-backup`),
        restore,
        exposure: exposure?.finding,
        leaseWaits: pass.upgrade?.leaseWaits ?? false,
        ingress: asItStands(kvstore, ownIngress(kvstore, caches)).spec.ingress,
        contactMs: contact === undefined ? standingContactMs(kvstore) : contact.ms,
        backup,
        troubles,
        short: {
          replicas: ages.get('replicas'),
          members: ages.get('members'),
          route: ages.get('route'),
          step: ages.get(stepKey(etcd)),
        },
        faults,
      },
      requeueAfterMs: waits.length === 0 ? undefined : Math.max(100, Math.min(...waits)),
    };
  }

  /** @param notAllowed why the restore may not begin; undefined: it may, or that was not looked at */
  restore(kvstore: KvStore, troubles: Troubles = noTroubles, notAllowed?: Fault): Restore | undefined {
    const { caches } = this.#options;
    const { namespace, name } = kvstore.metadata;
    const { restoreFrom } = kvstore.spec;
    const jobName = restoreFrom === undefined ? '' : restoreJobName(kvstore, restoreFrom);
    return restoreOf(kvstore, {
      deployment: caches.deployments.get(namespace, name),
      job: caches.jobs.get(namespace, jobName),
      pods: caches.pods
        .ofGroup(`${namespace}/${name}`)
        .filter(({ metadata }) => metadata?.labels?.['batch.kubernetes.io/job-name'] === jobName),
      troubles: troubles.restore,
      notAllowed: notAllowed?.message,
    });
  }

  forget(namespace: string, name: string): void {
    for (const owner of [`${namespace}/${name}`, `pods ${namespace}/${name}`]) this.#lasting.forget(owner);
  }

  #troubles(kvstore: KvStore): Promise<Troubles> {
    const { caches, warnings, now } = this.#options;
    return troublesOf(kvstore, caches, this.#lasting, warnings, now(), this.#before(kvstore));
  }

  /** An operator that has just started does not know for how long things have held: it goes by what the status says. */
  #before({ status }: KvStore): number {
    const degraded = conditionOf(status, 'Degraded');
    if (degraded?.status !== 'True') return 0;
    return longMs + Math.max(0, this.#options.now().getTime() - Date.parse(degraded.lastTransitionTime));
  }
}

function standingExposure(kvstore: KvStore, availableReplicas: number): Exposure | undefined {
  const known = conditionOf(kvstore.status, exposedCondition);
  if (!kvstore.spec.ingress.enabled || known === undefined) return undefined;
  const isOver = known.status === 'True' && availableReplicas === 0;
  return { finding: isOver ? notAsked(kvstore, { availableReplicas }) : known, requeueAfterMs: undefined };
}

/** The same of the contact with an external etcd, before the replicas have been asked. */
function standingContactMs({ spec, status }: KvStore): number | undefined {
  const wasLost = spec.externalEtcd !== undefined && conditionOf(status, 'Ready')?.reason === 'EtcdUnavailable';
  return wasLost ? Infinity : undefined;
}

/** A step by its reason and what it is about; counts and reasons of others that follow may change while it lasts. */
function stepKey(etcd: EtcdOutcome | undefined): string {
  return `step ${etcd?.reason} ${etcd?.message.split(/[:;,]/)[0]}`;
}
