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

/** Whether every wanted list has as many items as the actual one, whatever is in them. */
export function isSameShape(wanted: unknown, actual: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || typeof actual !== 'object' || actual === null) return true;
  if (Array.isArray(wanted) && (!Array.isArray(actual) || wanted.length !== actual.length)) return false;
  const fields = actual as Readonly<Record<string, unknown>>;
  return Object.entries(wanted).every(([name, value]) => isSameShape(value, fields[name]));
}

/**
 * A merge patch of the outermost lists that do not fit, which it replaces as a whole; undefined when all fit. Server-side
 * apply merges lists by key, and so leaves the items of others where they are.
 */
export function listsToReplace(
  wanted: object,
  actual: object,
  fits: (wanted: unknown, actual: unknown) => boolean,
): Readonly<Record<string, unknown>> | undefined {
  const fields = actual as Readonly<Record<string, unknown>>;
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(wanted)) {
    const present = fields[name];
    if (Array.isArray(value)) {
      if (present !== undefined && !fits(value, present)) patch[name] = value;
    } else if (typeof value === 'object' && value !== null && typeof present === 'object' && present !== null) {
      const inner = listsToReplace(value, present, fits);
      if (inner !== undefined) patch[name] = inner;
    }
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}
