import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/** JSON lines with the level's name and an ISO time; errors under err, with their causes. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
