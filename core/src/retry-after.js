/**
 * Milliseconds of a header Retry-After (RFC 9110, 10.2.3): seconds or a date. The console and the command line share it.
 * @param {string | null | undefined} header
 * @param {number} now Unix milliseconds
 * @returns {number | undefined} undefined: it is absent, or neither of the two
 */
export function parseRetryAfter(header, now) {
  if (header === null || header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // Each form of a date begins with the day of the week. Node reads "-3" and "1.5" as dates, too.
  const date = /^[A-Z]/.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
