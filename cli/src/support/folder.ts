/** The folder of a bundle: what cannot be had is named in its index, and the rest goes on. */
import { readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolder } from '@kvstore/core/make-folder.ts';
import { privateFile, privateFolder } from '@kvstore/core/private-files.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { redactText } from './redact.ts';

export interface Bundle {
  readonly folder: string;
  /** Paths in the folder. */
  readonly written: string[];
  /** `file: why` of what could not be had. */
  readonly missing: string[];
}

/** Makes the folder, for its user alone. @throws CliError when it has something in it */
export async function prepareFolder(folder: string): Promise<Bundle> {
  makeFolder(folder, privateFolder);
  if ((await readdir(folder)).length > 0) throw new CliError(`${folder} is not empty`, exitCodes.usage);
  return { folder, written: [], missing: [] };
}

/** Writes a file, or why it could not be had. Nothing gets into the bundle past redactText. */
export async function add(bundle: Bundle, file: string, make: () => Promise<string>): Promise<void> {
  const path = join(bundle.folder, file);
  try {
    const text = redactText(await make());
    makeFolder(dirname(path), privateFolder);
    await writeFile(path, text, { mode: privateFile, flag: 'wx' });
    bundle.written.push(file);
  } catch (error) {
    bundle.missing.push(redactText(`${file}: ${error instanceof Error ? error.message : String(error)}`));
  }
}

/** Says what there is and what is missing. */
export async function writeIndex({ folder, written, missing }: Bundle, madeAt: Date): Promise<void> {
  const lines = [
    `Made ${madeAt.toISOString()}. Values of keys, tokens and Secrets are not in here; names of keys may be, in logs.`,
    '',
    ...written,
    ...(missing.length === 0 ? [] : ['', 'Could not be had:', ...missing]),
  ];
  await writeFile(join(folder, 'index.txt'), `${lines.join('\n')}\n`, { mode: privateFile });
}
