/** Logs: JSON, a line each, with the ids of the trace they belong to; readable on a terminal. Never bodies or values. */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';
import { safeLine, shownLine } from './log-line.ts';

export interface LogOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  readonly terminal: boolean;
  /** What every line says besides, such as the ids of the trace it belongs to. */
  readonly fields?: (() => object) | undefined;
}

export function createLog({ level, format, terminal, fields }: LogOptions): Logger {
  const isPretty = format === 'pretty' || (format === 'auto' && terminal);
  const hooks = { streamWrite: isPretty ? shownLine : safeLine };
  const options = { level, hooks, ...(fields === undefined ? {} : { mixin: fields }) };
  return isPretty ? pino(options, pretty({ sync: true })) : pino(options);
}
