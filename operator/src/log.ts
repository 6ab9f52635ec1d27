import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/** JSON lines with the level's name and an ISO time; errors under err, with their causes. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    hooks: { streamWrite: safeLine },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
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
