import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { LogOutput } from '../../core/src/log-output.ts';

/** JSON lines with the level's name and an ISO time; errors under err, with their causes. */
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

/** Raw in JSON: DEL, C1, formats such as bidirectional overrides, separators of lines. Joiners belong to scripts and emoji. */
const acting = /[\u007f-\u009f\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** The same JSON, with what a terminal acts on escaped: messages of the API server quote what users wrote. */
function safeLine(line: string): string {
  return line.replaceAll(acting, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
