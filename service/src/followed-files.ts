/** Files that are read again and again, so that a change is in force without a restart. */
import { readFile } from 'node:fs/promises';
import type { Clock } from './store/clock.ts';

/** Milliseconds between two looks. A volume of a Secret follows it within a minute or so, whatever is done here. */
export const followInterval = 2000;

export interface FollowOptions {
  readonly files: readonly string[];
  /** Puts the contents in force, in the order of `files`. Throws when they cannot be used: earlier ones stay in force. */
  readonly take: (texts: readonly string[]) => void;
  /** Called at each look that finds what cannot be used; `looks` counts those in a row with the same fault, from 1. */
  readonly onFault: (fault: string, looks: number) => void;
  readonly clock: Clock;
}

export interface FollowedFiles {
  close(): void;
}

/** Takes the contents, then each change of them. Rejects with why when there is nothing to begin with. */
export async function followFiles({ files, take, onFault, clock }: FollowOptions): Promise<FollowedFiles> {
  const read = () => Promise.all(files.map((file) => readFile(file, 'utf8')));
  let inForce: readonly string[] = [];
  let fault: string | undefined;
  let looks = 0;
  let closed = false;
  let cancel = () => {};
  /** The contents are compared, not a time or an inode: each way to replace a file is seen. */
  const look = async () => {
    try {
      const texts = await read();
      if (closed) return;
      if (fault !== undefined || texts.some((text, i) => text !== inForce[i])) {
        take(texts);
        inForce = texts;
        fault = undefined;
      }
    } catch (error) {
      const found = reasonOf(error);
      looks = found === fault ? looks + 1 : 1;
      fault = found;
      onFault(found, looks);
    }
    next();
  };
  const next = () => {
    if (!closed) cancel = clock.after(followInterval, () => void look());
  };
  inForce = await read().catch((cause: unknown) => {
    throw new Error(reasonOf(cause), { cause });
  });
  take(inForce);
  next();
  return {
    close() {
      closed = true;
      cancel();
    },
  };
}

/** What may be logged: of a system's error its code, never what was in the file. */
export function reasonOf(error: unknown): string {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  return syscall === undefined ? message : (code ?? message);
}
