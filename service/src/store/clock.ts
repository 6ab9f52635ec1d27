/** Time as a parameter, so that tests decide it. */

export interface Clock {
  /** Milliseconds that only ever grow. */
  now(): number;
  /** Unix milliseconds, for deadlines that outlive the process. */
  wall(): number;
  /** Calls back after so many milliseconds, unless the result was called first. */
  after(milliseconds: number, callback: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Calls back every so many milliseconds until the result is called. */
export function repeat(clock: Clock, milliseconds: number, callback: () => void): () => void {
  const next = (): (() => void) =>
    clock.after(milliseconds, () => {
      cancel = next();
      callback();
    });
  let cancel = next();
  return () => cancel();
}

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(milliseconds, done);
    signal?.addEventListener('abort', done);
  });
}

/** Resolves in a later turn of the event loop: requests and timers get theirs first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
