import { safeLine } from '@kvstore/core/acting-characters.ts';
import { LogOutput } from '@kvstore/core/log-output.ts';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { Counter, type Registry } from 'prom-client';

/**
 * JSON lines with the level's name and an ISO time; errors under err, with their causes. What a terminal acts on is escaped:
 * messages of the API server quote what users wrote.
 */
export function createLog(level: string, destination: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    hooks: { streamWrite: safeLine },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, destination);
}

/** Standard output. A log that cannot be written stops nothing: see LogOutput. */
export function logOutput(registry: Registry): LogOutput {
  const dropped = new Counter({
    name: 'kvstore_log_lines_dropped_total',
    help: 'Lines of the log that could not be written: the disk was full, or what reads the log took nothing.',
    registers: [registry],
  });
  return new LogOutput({
    onDropped: (lines) => dropped.inc(lines),
    note: (lines) => {
      const time = new Date().toISOString();
      return `${JSON.stringify({ level: 'warn', time, dropped: lines, msg: 'lines of the log were dropped' })}\n`;
    },
  });
}
