/** The parent's side of a store process. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Answer, Call } from './store-process.ts';

export class ReplicaProcess {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, (answer: Answer) => void>();
  #ids = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: Answer) => {
      this.#open.get(answer.id)?.(answer);
      this.#open.delete(answer.id);
    });
    child.on('exit', () => {
      for (const [id, resolve] of this.#open) resolve({ id, error: 'process ended' });
      this.#open.clear();
    });
  }

  /** Resolves when the process has opened its store. */
  static async start(endpoints: readonly string[], dataDir: string, requestTimeout: number): Promise<ReplicaProcess> {
    const env = { ...process.env, ETCD_ENDPOINTS: endpoints.join(','), DATA_DIR: dataDir };
    const child = fork(new URL('store-process.ts', import.meta.url), [], {
      env: { ...env, REQUEST_TIMEOUT: String(requestTimeout) },
      execArgv: [],
    });
    const replica = new ReplicaProcess(child);
    const started = await new Promise<Answer>((resolve) => replica.#open.set(0, resolve));
    if (started.error !== undefined) throw new Error(`The store process did not start: ${started.error}`);
    return replica;
  }

  /** Never rejects: an error is part of the answer. */
  call(operation: Omit<Call, 'id'>): Promise<Answer> {
    const id = ++this.#ids;
    if (!this.#child.connected) return Promise.resolve({ id, error: 'unavailable' });
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#child.send({ id, ...operation });
    });
  }

  /** SIGKILL; what was open ends with an error. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }
}
