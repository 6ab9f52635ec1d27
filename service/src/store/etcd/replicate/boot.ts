/** Which start of the operating system this is: files that were not flushed can be trusted only within one. */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';

/** Linux names each boot; elsewhere the time of the boot does, to the minute. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `booted at ${Math.round((Date.now() / 1000 - uptime()) / 60)} min`;
  }
}
