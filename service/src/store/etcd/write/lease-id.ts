/**
 * Ids of leases. etcd lets the client choose them, so they carry the deadline of their keys: a reader of a key knows
 * it from `lease`, with no further call. From the highest bit: a zero, 42 bits of Unix milliseconds (to the year 2109),
 * 10 bits that mark an id as ours, 11 random bits.
 */

const randomBits = 11n;
const markBits = 10n;
const mark = 0x2b5n;

/** Random numbers below it make ids of one deadline different. */
export const idsPerDeadline = 1 << Number(randomBits);

/** No lease of ours ends before it: 2025-01-01. */
const earliest = 1_735_689_600_000;

/** The id as etcd's calls take it. `random`: a whole number below `idsPerDeadline`. */
export function leaseIdFor(deadline: number, random: number): string {
  return String((((BigInt(deadline) << markBits) | mark) << randomBits) | BigInt(random));
}

/** Unix milliseconds; undefined: no lease, or one of somebody else's, whose end only etcd knows. */
export function deadlineOf(lease: string | undefined): number | undefined {
  if (lease === undefined || lease === '0' || lease === '') return undefined;
  const id = BigInt(lease);
  if (((id >> randomBits) & ((1n << markBits) - 1n)) !== mark) return undefined;
  const deadline = Number(id >> (randomBits + markBits));
  return deadline < earliest ? undefined : deadline;
}
