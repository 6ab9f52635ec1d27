/** A real Prometheus on a free loopback port. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../test-support/network/free-ports.ts';
import { needBinary } from '../../../test-support/programs/binaries.ts';
import { waitFor } from '../../../test-support/wait-for.ts';

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

export interface Exemplars {
  readonly seriesLabels: Readonly<Record<string, string>>;
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[];
}

export interface ActiveAlert {
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export class Prometheus {
  readonly url: string;
  readonly #folder: string;
  readonly #child: ChildProcess;
  #log = '';

  constructor(url: string, folder: string, child: ChildProcess) {
    this.url = url;
    this.#folder = folder;
    this.#child = child;
    child.stderr?.on('data', (data: Buffer) => {
      this.#log = (this.#log + data.toString()).slice(-20_000);
    });
  }

  /** @param config prometheus.yml, as JSON (which is YAML) */
  static async start(config: object, flags: readonly string[] = []): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'kvstore-prometheus-'));
    const file = join(folder, 'prometheus.yml');
    await writeFile(file, JSON.stringify(config));
    const [port = 0] = await freePorts(1);
    const data = flags.some((flag) => flag.startsWith('--storage.tsdb.path='))
      ? []
      : [`--storage.tsdb.path=${join(folder, 'data')}`];
    const args = [`--config.file=${file}`, ...data, ...flags];
    const child = spawn(needBinary('prometheus'), [...args, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const prometheus = new Prometheus(`http://127.0.0.1:${port}`, folder, child);
    try {
      await waitFor('Prometheus is ready', async () => (await fetch(`${prometheus.url}/-/ready`)).ok);
      return prometheus;
    } catch (error) {
      await prometheus.stop();
      throw new Error(`Prometheus did not start: ${prometheus.#log}`, { cause: error });
    }
  }

  /**
   * What a query gives now, or at another time in seconds since 1970. Throws Error with Prometheus's message when it cannot
   * be evaluated.
   */
  async query(query: string, time?: number): Promise<readonly Sample[]> {
    const at: Record<string, string> = time === undefined ? {} : { time: String(time) };
    const { result } = (await this.#get('query', { query, ...at })) as { result: readonly Sample[] };
    return result;
  }

  /** @param start, end in seconds since 1970 */
  async queryRange(query: string, start: number, end: number, step: number): Promise<readonly Series[]> {
    const range = { start: String(start), end: String(end), step: String(step) };
    const { result } = (await this.#get('query_range', { query, ...range })) as { result: readonly Series[] };
    return result;
  }

  /** Exemplars of a query's series between two times in seconds since 1970. */
  async exemplars(query: string, start: number, end: number): Promise<readonly Exemplars[]> {
    const range = { start: String(start), end: String(end) };
    return (await this.#get('query_exemplars', { query, ...range })) as readonly Exemplars[];
  }

  /** Alerts that are pending or fire. */
  async alerts(): Promise<readonly ActiveAlert[]> {
    const { alerts } = (await this.#get('alerts', {})) as { alerts: readonly ActiveAlert[] };
    return alerts;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const gone = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await gone;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #get(path: string, parameters: Record<string, string>): Promise<unknown> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const answer = (await response.json()) as { status: string; error?: string; data?: unknown };
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${parameters.query}`);
    return answer.data;
  }
}
