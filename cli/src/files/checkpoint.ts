/** How far an import has come, in a file: with what proves that the input is still the same. */
import { createHash, type Hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { privateFile } from '@kvstore/core/private-files.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import type { Line } from '../pairs/lines.ts';
import { keepRights, resolveOutput } from './output-path.ts';

interface Mark {
  readonly lines: number;
  /** Of all their bytes. */
  readonly sha256: string;
}

/**
 * Leaves out the lines that a former import has written, and remembers those that this one does. The input is read from
 * its beginning, and compared by its digest: reading is cheap beside writing.
 */
export class Checkpoint {
  readonly #file: string;
  readonly #mark: Mark | undefined;
  /** What was there, whose rights stay. */
  readonly #former: Stats | undefined;
  /** Of the lines up to number `#hashed`. */
  readonly #hash: Hash = createHash('sha256');
  #hashed = 0;

  private constructor(file: string, mark: Mark | undefined, former: Stats | undefined) {
    this.#file = file;
    this.#mark = mark;
    this.#former = former;
  }

  /** @throws CliError when the file is no checkpoint, or cannot become one */
  static async read(file: string): Promise<Checkpoint> {
    const output = await resolveOutput(file);
    if (output.kind === 'stream') throw new CliError(`${file} is no regular file: a checkpoint is`, exitCodes.usage);
    return new Checkpoint(output.path, await readMark(output.path), output.replaces);
  }

  /** The lines still to be written. @throws CliError when those left out are not the ones that were written */
  async *rest(lines: AsyncIterable<Line>): AsyncGenerator<Line> {
    const done = this.#mark?.lines ?? 0;
    for await (const line of lines) {
      if (line.number > done) yield line;
      this.#add(line);
      if (line.number === done && this.#markAt(line).sha256 !== this.#mark?.sha256) throw this.#otherInput();
    }
    if (this.#hashed < done) throw this.#otherInput();
  }

  /** Everything up to the end of this line, the last that was handed out or the one before it, is written. */
  async save(line: Line): Promise<void> {
    this.#add(line);
    await rm(`${this.#file}.new`, { force: true });
    // Exclusive creation follows no link.
    const handle = await open(`${this.#file}.new`, 'wx', privateFile);
    try {
      await handle.writeFile(`${JSON.stringify(this.#markAt(line))}\n`);
      await keepRights(handle, this.#former);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(`${this.#file}.new`, this.#file);
  }

  /** The import is complete: the next one begins at the beginning. */
  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }

  #add(line: Line): void {
    if (line.number <= this.#hashed) return;
    this.#hashed = line.number;
    this.#hash.update(line.bytes);
    if (line.whole) this.#hash.update('\n');
  }

  #markAt(line: Line): Mark {
    return { lines: line.number, sha256: this.#hash.copy().digest('hex') };
  }

  #otherInput(): CliError {
    return new CliError(`${this.#file} was made for another input: remove it to import this one from its beginning`);
  }
}

async function readMark(file: string): Promise<Mark | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { lines, sha256 } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof lines === 'number' && typeof sha256 === 'string') return { lines, sha256 };
  } catch {
    // Said below: no checkpoint, whatever else it is.
  }
  throw new CliError(`${file} is no checkpoint of an import`);
}
