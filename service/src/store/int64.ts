/** Whole numbers of 64 bits as JSON texts: exact, where a JavaScript number is not beyond 2^53. */

const least = -(2n ** 63n);
const most = 2n ** 63n - 1n;
/** As JSON writes a whole number; no more digits than 64 bits have, since BigInt takes long for many. */
const whole = /^-?(?:0|[1-9]\d{0,18})$/;

/** Undefined: the text is no such number; `5.0` and `1e3` are none. */
export function parseInt64(text: string): bigint | undefined {
  if (!whole.test(text)) return undefined;
  const number = BigInt(text);
  return isInt64(number) ? number : undefined;
}

export function isInt64(number: bigint): boolean {
  return number >= least && number <= most;
}
