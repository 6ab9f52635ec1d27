/** A wall clock that jumps, for a process that reads the time through libc: libfaketime (Debian's package faketime). */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const libraries = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
];

export interface FakeClock {
  /** Environment of the process that shall believe it. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds added to the machine's clock from now on; timers and the monotonic clock are left alone. */
  jump(seconds: number): void;
  /** When it was not the machine's: Unix milliseconds; Infinity: it still is not. */
  readonly jumps: readonly { readonly start: number; readonly end: number }[];
}

/** Undefined where the library is not installed. */
export function fakeClock(directory: string): FakeClock | undefined {
  const library = libraries.find((path) => existsSync(path));
  if (library === undefined) return undefined;
  const file = join(directory, 'clock');
  const jumps: { start: number; end: number }[] = [];
  const jump = (seconds: number) => {
    const last = jumps.at(-1);
    if (seconds !== 0 && last?.end !== Number.POSITIVE_INFINITY) {
      jumps.push({ start: Date.now(), end: Number.POSITIVE_INFINITY });
    }
    // Renamed: a reader never sees half of it.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file);
    if (seconds === 0 && last !== undefined) last.end = Math.min(last.end, Date.now());
  };
  jump(0);
  const environment = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  };
  return { environment, jump, jumps };
}
