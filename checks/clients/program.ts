/** Runs one of the programs that generate, compile or are clients. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Milliseconds: each takes seconds; a download from a slow registry may take longer. */
const programTimeout = 120_000;

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves with its standard output. Throws an Error with what it printed when it fails or takes longer than 2 minutes. */
export async function program(file: string, args: readonly string[], options: ProgramOptions = {}): Promise<string> {
  const env = { ...process.env, ...options.env };
  try {
    const { stdout } = await run(file, args, { cwd: options.cwd, env, timeout: programTimeout, maxBuffer: 1 << 26 });
    return stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string };
    throw new Error(`${file} ${args.join(' ')} failed: ${(cause as Error).message}\n${stdout}${stderr}`, { cause });
  }
}
