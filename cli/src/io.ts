/** What a command may use of the world around it. */
import type { Readable, Writable } from 'node:stream';
import type { Client } from './client/client.ts';
import type { Clock } from './clock.ts';
import { printable, printableLines } from './printable.ts';

export interface Terminal extends Writable {
  readonly isTTY?: boolean;
  /** Its width in characters. */
  readonly columns?: number;
}

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborted by SIGINT and SIGTERM, with a CliError as the reason. */
  readonly signal: AbortSignal;
}

/** A command's surroundings: the world and the store. */
export interface Context extends Io {
  readonly client: Client;
}

/**
 * Resolves when the text is taken, so that a slow reader slows the program down instead of filling its memory. A terminal
 * gets no character that it would act on; a pipe and a file get each byte as it is.
 * @param text whole characters
 */
export async function write(stream: Terminal, text: string | Buffer): Promise<void> {
  if (stream.write(stream.isTTY === true ? printableLines(text.toString()) : text)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (action: () => void) => () => {
      stream.off('drain', taken).off('close', gone).off('error', reject);
      action();
    };
    const taken = settle(resolve);
    const gone = settle(() => reject(new Error('the output was closed')));
    stream.on('drain', taken).on('close', gone).on('error', reject);
  });
}

/** A line for the user: apart from the output, which may be data. What others wrote in it stays in that line. */
export function say({ stderr }: Pick<Io, 'stderr'>, message: string): void {
  stderr.write(`kvstore-cli: ${printable(message)}\n`);
}
