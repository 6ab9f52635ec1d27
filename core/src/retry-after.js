/**
 * The time to wait that a Retry-After header names (RFC 9110, 10.2.3), as seconds or as a date. For the console and the command line.
 * @param {string | null | undefined} header
 * @param {number} now Unix milliseconds
 * @returns {number | undefined} milliseconds; undefined: no header, or neither seconds nor a date
 */
export function parseRetryAfter(header, now) {
  if (header === null || header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // All forms of a date begin with the day of the week. Date.parse takes "-3" and "1.5" for dates, too.
  const date = /^[A-Z]/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
