/** Calls of kubectl. */
import { execFile } from 'node:child_process';

/** Resolves what kubectl wrote to standard output. @throws KubectlError */
export type Kubectl = (args: readonly string[]) => Promise<string>;

/** A call that failed. Its message is what kubectl wrote to standard error. */
export class KubectlError extends Error {
  override readonly name = 'KubectlError';
  /** What came before it failed. */
  readonly stdout: string;

  constructor(message: string, stdout: string, cause: unknown) {
    super(message, { cause });
    this.stdout = stdout;
  }
}

/** Milliseconds for one call, bytes of its answer. */
const limits = { timeout: 30_000, maxBuffer: 64 * 1024 ** 2 };

/** @param program its name or path */
export function kubectlProgram(program: string, signal: AbortSignal): Kubectl {
  return (args) =>
    new Promise((resolve, reject) => {
      const child = execFile(program, [...args], { ...limits, signal, encoding: 'utf8' }, (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new KubectlError(stderr.trim() || error.message, stdout, error));
      });
      // A program that ends early has not read its input.
      child.stdin?.on('error', () => {});
      child.stdin?.end();
    });
}
