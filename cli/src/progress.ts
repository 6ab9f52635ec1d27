/** A bar on a terminal; nothing in a pipe or a log. */
import cliProgress from 'cli-progress';
import type { Terminal } from './io.ts';

export interface Progress {
  /** @param done in the same unit as the total */
  update(done: number, lines: number): void;
  stop(): void;
}

/** Characters of a bar: on a wide terminal, and the fewest that show anything. */
const widest = 40;
const narrowest = 10;

const silent: Progress = { update: () => {}, stop: () => {} };

/**
 * @param terminal undefined: the user sees the data itself
 * @param total bytes of the input; undefined when it is unknown
 */
export function startProgress(terminal: Terminal | undefined, total: number | undefined): Progress {
  if (terminal?.isTTY !== true) return silent;
  const { Format, SingleBar } = cliProgress;
  const bar = new SingleBar({
    stream: terminal,
    hideCursor: true,
    clearOnComplete: true,
    format: (options, params, payload: { readonly lines?: number }) => {
      const seconds = Math.max(0.001, (Date.now() - params.startTime) / 1000);
      const lines = payload.lines ?? 0;
      const count = `${lines.toLocaleString('en')} pairs, ${Math.round(lines / seconds).toLocaleString('en')} a second`;
      if (total === undefined || Format.BarFormat === undefined) return count;
      const shown = `${Math.floor(params.progress * 100)}% | ${count}`;
      const barsize = Math.min(widest, (terminal.columns ?? 80) - shown.length - 1);
      // A narrow terminal cuts the line: the numbers say more than the bar.
      return barsize < narrowest ? shown : `${Format.BarFormat(params.progress, { ...options, barsize })} ${shown}`;
    },
  });
  bar.start(total ?? 1, 0);
  return {
    update: (done, lines) => bar.update(total === undefined ? 0 : done, { lines }),
    stop: () => bar.stop(),
  };
}
