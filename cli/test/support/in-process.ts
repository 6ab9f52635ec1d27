/** The command line within the test's own process, where a hundred calls take no time. */
import { PassThrough, Readable } from 'node:stream';
import { systemClock } from '../../src/clock.ts';
import { CliError, exitCodes } from '../../src/exit-codes.ts';
import { run } from '../../src/program.ts';
import type { Result } from './cli.ts';

export interface InProcessOptions {
  readonly url: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** Whether standard input is a terminal. */
  readonly typed?: boolean;
  /** Whether standard output is a terminal. */
  readonly terminal?: boolean;
  /** The clock is this many milliseconds ahead, or behind; a function: at the moment. */
  readonly ahead?: number | (() => number);
  /** Interrupts the command when it resolves. */
  readonly until?: (seen: { readonly stdout: string; readonly stderr: string }) => Promise<unknown>;
}

export async function runCli(args: readonly string[], options: InProcessOptions): Promise<Result> {
  const { url, env = {}, input = '', typed = false, terminal = false, ahead = 0, until } = options;
  const seen = { stdout: '', stderr: '' };
  const collect = (name: 'stdout' | 'stderr') => {
    const stream = new PassThrough();
    stream.on('data', (piece: Buffer) => {
      seen[name] += piece.toString();
    });
    return stream;
  };
  const io = { stdout: Object.assign(collect('stdout'), { isTTY: terminal }), stderr: collect('stderr') };
  const stdin = Object.assign(Readable.from(input.length === 0 ? [] : [Buffer.from(input)]), { isTTY: typed });
  const end = new AbortController();
  const clock = { ...systemClock, now: () => systemClock.now() + (typeof ahead === 'number' ? ahead : ahead()) };
  const running = run(args, { ...io, stdin, env: { KV_URL: url, ...env }, clock, signal: end.signal });
  if (until !== undefined) {
    await until(seen);
    end.abort(new CliError('interrupted', exitCodes.interrupted));
  }
  const code = await running;
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...seen };
}
