/** One service process with all that a fault acts on: its disk, its clock, and the connections of its clients. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TcpProxy } from '../../test-support/network/tcp-proxy.ts';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import { mountSmallDisk, type SmallDisk } from '../../test-support/small-disk.ts';
import { skewedService } from '../clocks/skewed-clock.ts';
import { JumpingClock } from './jumping-clock.ts';

export interface UnitOptions {
  /** A folder of its own. */
  readonly directory: string;
  readonly endpoints?: readonly string[];
  /** Bytes of its disk. */
  readonly diskSize: number;
}

/** Faults end soon, and so must requests that wait for their end. */
const settings = { KV_REQUEST_TIMEOUT: '2500ms', KV_DRAIN_WINDOW: '300ms', KV_DRAIN_TIMEOUT: '3s' };

export class ServiceUnit {
  /** Undefined where the machine has none to offer. */
  readonly disk: SmallDisk | undefined;
  readonly clock: JumpingClock;
  /** Between clients and the process. */
  readonly proxy: TcpProxy;
  readonly #options: UnitOptions;
  #process: ServiceProcess | undefined;

  constructor(options: UnitOptions, proxy: TcpProxy) {
    this.#options = options;
    this.proxy = proxy;
    this.disk = mountSmallDisk(options.directory, options.diskSize);
    this.clock = new JumpingClock(join(options.directory, 'clock'));
  }

  /** Resolves when it is ready. Stop it at the end. */
  static async start(options: UnitOptions): Promise<ServiceUnit> {
    await mkdir(options.directory, { recursive: true });
    const unit = new ServiceUnit(options, await TcpProxy.start(0));
    try {
      await unit.start();
      await unit.ready();
      return unit;
    } catch (error) {
      await unit.stop();
      throw error;
    }
  }

  /** Where clients reach it. */
  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}`;
  }

  get process(): ServiceProcess {
    if (this.#process === undefined) throw new Error('The service was not started');
    return this.#process;
  }

  /** Resolves when it is alive. */
  async start(): Promise<void> {
    const { endpoints = [] } = this.#options;
    this.#process = await ServiceProcess.start({
      ...{ endpoints, dataDir: this.#dataDir, script: skewedService },
      settings: { ...settings, ...this.clock.environment },
    });
    this.proxy.retarget(this.#process.port);
  }

  async ready(): Promise<void> {
    await this.process.ready();
  }

  /** The process has ended: its data is gone. */
  async forget(): Promise<void> {
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.#process?.kill();
    await this.proxy.close();
    this.disk?.unmount();
    this.clock.close();
  }

  get #dataDir(): string {
    return this.disk?.folder ?? join(this.#options.directory, 'data');
  }
}
