/** An export into a file: there in full under its name, or not at all. A device or a FIFO is written to as it is. */
import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { privateFile } from '@kvstore/core/private-files.ts';
import type { Client } from '../client/client.ts';
import { mayPass } from '../client/server-error.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { exportPairs } from '../pairs/export-pairs.ts';
import { parseRecord } from '../pairs/record.ts';
import { keepRights, resolveOutput } from './output-path.ts';

export interface ExportFileOptions {
  /** Goes on with what an export that was killed has left. */
  readonly resume: boolean;
  /** The file is to show one state of the store: a stream that breaks begins again instead of going on. */
  readonly oneState: boolean;
  readonly onPairs: (pairs: number) => void;
  readonly onBroken: (error: Error) => void;
}

/** Tries of an export that begins again when it breaks. */
const attempts = 5;

/** Where an export is until it is whole. */
export function partialName(file: string): string {
  return `${file}.partial`;
}

/**
 * Replaces a regular file, or the one that a link leads to; its rights stay. A new file is for this user alone.
 * @throws ServerError, ConnectionError, CliError, and what the file system says
 */
export async function exportToFile(client: Client, file: string, options: ExportFileOptions): Promise<void> {
  const output = await resolveOutput(file);
  if (output.kind === 'stream') return exportToStream(client, output.path, options);
  const { path, replaces } = output;
  const partial = partialName(path);
  const handle = await openPartial(partial, options.resume);
  try {
    if (options.oneState) await exportOneState(client, handle, options);
    else {
      const { onBroken } = options;
      await exportPairs(client, { after: await lastKey(handle), take: into(handle, options), onBroken });
    }
    await keepRights(handle, replaces);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, path);
  await syncFolder(dirname(path));
}

/** What was written into it cannot be taken back, nor read to go on from there. */
async function exportToStream(client: Client, path: string, options: ExportFileOptions): Promise<void> {
  if (options.resume) throw new CliError(`--resume needs a regular file, and ${path} is none`, exitCodes.usage);
  const handle = await open(path, constants.O_WRONLY);
  try {
    await exportPairs(client, {
      take: into(handle, options),
      onBroken: options.oneState ? undefined : options.onBroken,
    });
  } finally {
    await handle.close();
  }
}

/** For this user alone. The name is not the user's own, so a link under it is not followed. */
async function openPartial(partial: string, resume: boolean): Promise<FileHandle> {
  if (!resume) await rm(partial, { force: true });
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW = 0 } = constants;
  const flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | (resume ? 0 : O_EXCL);
  try {
    return await open(partial, flags, privateFile);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ELOOP') throw cause;
    throw new CliError(`${partial} is a link, which is not followed: remove it`, exitCodes.failure, cause);
  }
}

async function exportOneState(client: Client, handle: FileHandle, options: ExportFileOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await handle.truncate(0);
    try {
      await exportPairs(client, { take: into(handle, options) });
      return;
    } catch (error) {
      if (!mayPass(error) || attempt === attempts) throw error;
      options.onBroken(error);
    }
  }
}

function into(handle: FileHandle, { onPairs }: ExportFileOptions): (lines: Buffer, pairs: number) => Promise<void> {
  return async (lines, pairs) => {
    await handle.appendFile(lines);
    onPairs(pairs);
  };
}

/** The last whole line's key; what follows that line is cut off. Undefined: there is none. */
async function lastKey(handle: FileHandle): Promise<string | undefined> {
  const { size } = await handle.stat();
  const end = await lastNewline(handle, size);
  await handle.truncate(end);
  if (end === 0) return undefined;
  const start = await lastNewline(handle, end - 1);
  const line = Buffer.alloc(end - 1 - start);
  await handle.read(line, 0, line.length, start);
  return parseRecord(line).key;
}

/** The position behind the last newline before `end`; 0 when there is none. */
async function lastNewline(handle: FileHandle, end: number): Promise<number> {
  const block = Buffer.alloc(64 * 1024);
  for (let stop = end; stop > 0; ) {
    const start = Math.max(0, stop - block.length);
    const { bytesRead } = await handle.read(block, 0, stop - start, start);
    const at = block.subarray(0, bytesRead).lastIndexOf(0x0a);
    if (at !== -1) return start + at + 1;
    stop = start;
  }
  return 0;
}

/** A rename is durable only when its folder is flushed. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
