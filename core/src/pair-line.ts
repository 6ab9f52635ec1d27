/** A pair with what the store knows of it, as one line of JSON. */
export interface LinePair {
  readonly key: string;
  /** JSON. */
  readonly value: string;
  readonly version: number;
}

/** `expires`: Unix milliseconds. */
export function pairLine({ key, value, version }: LinePair, expires: number | undefined): string {
  const end = expires === undefined ? '' : `,"expires":${expires}`;
  return `{"key":${JSON.stringify(key)},"value":${oneLine(value)},"revision":${version}${end}}\n`;
}

/** JSON text without line breaks, which it can only have between its tokens. */
export function oneLine(json: string): string {
  return /[\r\n]/.test(json) ? json.replace(/[\r\n]/g, ' ') : json;
}
