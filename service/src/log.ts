/** Logs: JSON, a line each, with the ids of the trace they belong to; readable on a terminal. Never bodies or values. */
import { safeLine } from '@kvstore/core/acting-characters.ts';
import { LogOutput } from '@kvstore/core/log-output.ts';
import pino, { type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { Counter, type Registry } from 'prom-client';
import { shownLine } from './log-line.ts';

export interface LogOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  readonly terminal: boolean;
  readonly registry: Registry;
  /** What every line says besides, such as the ids of the trace it belongs to. */
  readonly fields?: (() => object) | undefined;
}

export interface Log {
  readonly log: Logger;
  /** Resolves when what a slow reader has not taken yet is written, or after so many milliseconds. */
  flush(ms: number): Promise<void>;
}

/** Writes to standard output. A log that cannot be written stops nothing: see LogOutput. */
export function createLog({ level, format, terminal, registry, fields }: LogOptions): Log {
  const isPretty = format === 'pretty' || (format === 'auto' && terminal);
  const dropped = new Counter({
    name: 'kvstore_log_lines_dropped_total',
    help: 'Lines of the log that could not be written: the disk was full, or what reads the log took nothing.',
    registers: [registry],
  });
  // Its colours, where the terminal has some.
  const shown = isPretty ? prettyFactory({}) : undefined;
  const lineOf = (json: string) => (shown === undefined ? json : shown(json));
  const output = new LogOutput({
    onDropped: (lines) => dropped.inc(lines),
    note: (lines) =>
      lineOf(
        `${JSON.stringify({ level: 40, time: Date.now(), dropped: lines, msg: 'lines of the log were dropped' })}\n`,
      ),
  });
  const hooks = { streamWrite: isPretty ? shownLine : safeLine };
  const options = { level, hooks, ...(fields === undefined ? {} : { mixin: fields }) };
  const log = pino(options, { write: (json) => output.write(lineOf(json)) });
  return { log, flush: (ms) => output.flush(ms) };
}
