/** The StatefulSet controller, the kubelet and the volumes' provisioner: pods are local etcd processes. */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1Secret, V1StatefulSet } from '@kubernetes/client-node';
import { tlsPath } from '../../src/etcd/build/member-config.ts';
import type { EtcdNames } from '../../src/etcd/names.ts';
import { secretNames } from '../../src/etcd/tls/secrets.ts';
import type { AppliedObjects } from './applied-objects.ts';
import { FakeClaim, FakePod } from './fake-pods.ts';
import type { LocalAddresses } from './local-addresses.ts';

export interface WorkloadsOptions {
  /** Of etcd. */
  readonly binary: string;
  /** Where volumes and files of pods are kept. */
  readonly dir: string;
  readonly addresses: LocalAddresses;
  readonly applied: AppliedObjects;
}

export class FakeWorkloads {
  readonly pods = new Map<string, FakePod>();
  readonly claims = new Map<string, FakeClaim>();
  readonly #options: WorkloadsOptions;
  #busy: Promise<void>[] = [];

  constructor(options: WorkloadsOptions) {
    this.#options = options;
  }

  /** One look of every controller. */
  async control(names: EtcdNames): Promise<void> {
    await this.#finishDeletions();
    const { statefulSet, configMap } = this.#options.applied;
    if (statefulSet?.spec === undefined || configMap === undefined) return;
    const replicas = statefulSet.spec.replicas ?? 1;
    for (const pod of this.pods.values()) {
      if ((names.ordinal(pod.name) ?? 0) >= replicas && !pod.terminating) this.stopPod(pod);
    }
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      if (this.pods.has(names.pod(ordinal))) continue;
      const claim = await this.#claim(names, ordinal, statefulSet);
      const config = configMap.data?.[`${names.pod(ordinal)}.yaml`];
      if (claim.terminating || config === undefined) continue;
      const template = structuredClone(statefulSet.spec.template);
      const pod = new FakePod(names.pod(ordinal), randomUUID(), claim, template, this.#options.binary);
      this.pods.set(pod.name, pod);
      await pod.start(this.#localConfig(names, ordinal, config, claim));
    }
  }

  /** Pods see a Secret's new contents in the files they have. One that is deleted stays in them. */
  async mount({ metadata, data = {} }: V1Secret): Promise<void> {
    const folder = join(this.#options.dir, metadata?.name ?? '');
    await mkdir(folder, { recursive: true });
    for (const [file, value] of Object.entries(data)) {
      await writeFile(join(folder, `${file}.new`), Buffer.from(value, 'base64'), { mode: 0o600 });
      await rename(join(folder, `${file}.new`), join(folder, file));
    }
  }

  stopPod(pod: FakePod): void {
    this.#busy.push(
      pod.stop().then(() => {
        this.pods.delete(pod.name);
      }),
    );
  }

  async stop(): Promise<void> {
    await Promise.all([...this.pods.values()].map((pod) => pod.stop('SIGKILL')));
    await Promise.all(this.#busy);
    await rm(this.#options.dir, { recursive: true, force: true });
  }

  async #finishDeletions(): Promise<void> {
    for (const claim of this.claims.values()) {
      const used = [...this.pods.values()].some((pod) => pod.claim === claim);
      if (!claim.terminating || used) continue;
      this.claims.delete(claim.name);
      await claim.remove();
    }
  }

  async #claim(names: EtcdNames, ordinal: number, statefulSet: V1StatefulSet): Promise<FakeClaim> {
    const name = names.claim(ordinal);
    const existing = this.claims.get(name);
    if (existing !== undefined) return existing;
    const uid = randomUUID();
    const size = statefulSet.spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage ?? '';
    const claim = new FakeClaim(name, uid, join(this.#options.dir, uid), size);
    await claim.make();
    this.claims.set(name, claim);
    return claim;
  }

  #localConfig(names: EtcdNames, ordinal: number, config: string, claim: FakeClaim): string {
    const local = this.#options.addresses
      .localConfig(names, ordinal, config)
      .replaceAll(tlsPath, join(this.#options.dir, secretNames(names).member));
    return JSON.stringify({ ...JSON.parse(local), 'data-dir': join(claim.dir, 'data'), 'unsafe-no-fsync': true });
  }
}
