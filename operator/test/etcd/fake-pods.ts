/** Local etcd processes as pods: what a kubelet and the volumes' provisioner would do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { V1PersistentVolumeClaim, V1Pod, V1PodTemplateSpec } from '@kubernetes/client-node';
import { isBad } from './applied-objects.ts';

const restartDelayMs = 300;

export class FakeClaim {
  readonly name: string;
  readonly uid: string;
  readonly dir: string;
  request: string;
  terminating = false;

  constructor(name: string, uid: string, dir: string, request: string) {
    this.name = name;
    this.uid = uid;
    this.dir = dir;
    this.request = request;
  }

  async make(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
  }

  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  object(): V1PersistentVolumeClaim {
    return {
      metadata: { name: this.name, uid: this.uid, ...(this.terminating ? { deletionTimestamp: new Date(0) } : {}) },
      spec: { resources: { requests: { storage: this.request } } },
      status: { phase: 'Bound', capacity: { storage: this.request } },
    };
  }
}

export class FakePod {
  readonly name: string;
  readonly uid: string;
  readonly claim: FakeClaim;
  readonly image: string;
  terminating = false;
  restarts = 0;
  readonly #template: V1PodTemplateSpec;
  readonly #binary: string;
  #configPath: string | undefined;
  #process: ChildProcess | undefined;
  #restartTimer: NodeJS.Timeout | undefined;

  constructor(name: string, uid: string, claim: FakeClaim, template: V1PodTemplateSpec, binary: string) {
    this.name = name;
    this.uid = uid;
    this.claim = claim;
    this.image = template.spec?.containers[0]?.image ?? '';
    this.#template = template;
    this.#binary = binary;
  }

  /** The configuration is what the ConfigMap held when the pod was made: the strictest view of late updates. */
  async start(config: string): Promise<void> {
    this.#configPath = join(this.claim.dir, '..', `${this.uid}.yaml`);
    await writeFile(this.#configPath, config);
    if (!isBad(this.image)) this.#run();
  }

  #run(): void {
    const log = openSync(join(this.claim.dir, '..', `${this.uid}.log`), 'a');
    this.#process = spawn(this.#binary, [`--config-file=${this.#configPath}`], { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#process.once('exit', () => {
      this.#process = undefined;
      if (this.terminating) return;
      this.restarts += 1;
      this.#restartTimer = setTimeout(() => this.#run(), restartDelayMs);
    });
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.terminating = true;
    clearTimeout(this.#restartTimer);
    const process = this.#process;
    if (process === undefined) return;
    const exit = once(process, 'exit');
    process.kill(signal);
    await exit;
  }

  object(): V1Pod {
    const running = this.#process !== undefined;
    return {
      metadata: {
        name: this.name,
        uid: this.uid,
        annotations: { ...this.#template.metadata?.annotations },
        ...(this.terminating ? { deletionTimestamp: new Date() } : {}),
      },
      spec: { containers: [{ name: 'etcd', image: this.image }] },
      status: {
        containerStatuses: [
          {
            name: 'etcd',
            image: this.image,
            imageID: this.image,
            ready: running,
            restartCount: this.restarts,
            state: running ? { running: {} } : { waiting: { reason: 'CrashLoopBackOff' } },
          },
        ],
      },
    };
  }
}
