/** Logs: JSON, a line each, with the ids of the trace they belong to; readable on a terminal. Never bodies or values. */
import pino, { type Logger } from 'pino';
import pretty from 'pino-pretty';

export interface LogOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  readonly terminal: boolean;
  /** What every line says besides, such as the ids of the trace it belongs to. */
  readonly fields?: (() => object) | undefined;
}

export function createLog({ level, format, terminal, fields }: LogOptions): Logger {
  const options = { level, ...(fields === undefined ? {} : { mixin: fields }) };
  if (format === 'pretty' || (format === 'auto' && terminal)) return pino(options, pretty({ sync: true }));
  return pino(options);
}
