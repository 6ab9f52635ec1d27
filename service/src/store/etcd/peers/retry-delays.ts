/** How long to wait before the next attempt to connect. */
import { silenceLimit } from './silence.ts';

const shortest = 50;
const longest = 1000;

/** Milliseconds: 50, doubled with each attempt up to 1 s, and of that a random part, but never less than 50. */
export function retryDelays(random: () => number = Math.random): { next(lasted: number): number } {
  let attempts = 0;
  return {
    /** @param lasted milliseconds that the last connection lasted, 0 if there was none: after a long one the delays begin anew */
    next(lasted) {
      if (lasted > silenceLimit) attempts = 0;
      const most = Math.min(longest, shortest * 2 ** attempts);
      attempts++;
      return Math.max(shortest, most * (0.5 + random() / 2));
    },
  };
}
