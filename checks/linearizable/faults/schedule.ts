/** Which faults a run injects, in which order. */
import { forbiddenClockFaults } from './clock-faults.ts';
import { faults } from './faults.ts';
import { leaseFaults, secondFaults } from './lease-faults.ts';
import type { LeaseTargets } from './targets.ts';

export type FreshReads = 'barrier' | 'lease';

const both = ' and ';

/** So many at random. Reads by lease are also tried with two faults at once, which one name joins. */
export function randomSchedule(count: number, freshReads: FreshReads, random: () => number): string[] {
  const one = (names: readonly string[]) => names[Math.floor(random() * names.length)] ?? 'compaction';
  if (freshReads === 'barrier') return Array.from({ length: count }, () => one(Object.keys(faults)));
  return Array.from({ length: count }, () => {
    const first = one(Object.keys(leaseFaults));
    return random() < 0.3 && !secondFaults.includes(first) ? `${first}${both}${one(secondFaults)}` : first;
  });
}

/** Throws Error for a fault that there is not. */
export async function inject(name: string, targets: LeaseTargets, random: () => number): Promise<void> {
  await Promise.all(
    name.split(both).map((one) => {
      const fault = leaseFaults[one] ?? forbiddenClockFaults[one];
      if (fault === undefined) throw new Error(`There is no fault ${one}`);
      return fault(targets, random, 300 + random() * 1200);
    }),
  );
}
