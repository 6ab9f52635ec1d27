/** A terminal that a process writes to without waiting for it. */
import { constants, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;

/**
 * The descriptor to write to in place of `fd`: of a terminal, one of its own that answers EAGAIN while the terminal takes
 * nothing (Ctrl-S, tmux's copy mode). Node writes to terminals with a wait, which stops the process; what is set on `fd`
 * itself holds for the shell as well. `fd` itself for files and pipes, and where no second one can be opened: the system
 * has no /proc, or the terminal belongs to another user.
 */
export function openWithoutWaiting(fd: number): number {
  if (!isatty(fd)) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}
