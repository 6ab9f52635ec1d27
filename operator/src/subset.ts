/**
 * Whether everything that is wanted is there: each field has the wanted value, lists have the same length. What the
 * server or somebody else added beside it does not count.
 */
export function isSubset(wanted: unknown, actual: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, i) => isSubset(item, actual[i] as unknown))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    // The server leaves out what is empty.
    if (actual === undefined) return Object.keys(wanted).length === 0;
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
    const fields = actual as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).every(([name, value]) => value === undefined || isSubset(value, fields[name]));
  }
  return wanted === actual;
}
