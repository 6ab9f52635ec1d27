/** What a client of hot keys does in a burst. */
import type { Recorder } from '../history/recorder.ts';
import type { Register } from '../history/register.ts';
import type { Target } from './call.ts';
import { pick } from './pick.ts';

/** Seconds; longer than any run, and than any clock jumps that a run makes. */
const ttl = 300_000_000;
/** Each is a lease in etcd, which costs more than the write. */
const likelyTtl = 0.06;

/** How likely each kind of operation is; what is left are reads. */
export interface Mix {
  readonly set: number;
  readonly conditionalSet: number;
  readonly absentSet: number;
  readonly remove: number;
  readonly conditionalRemove: number;
  readonly conditionalRead: number;
}

export const mixes: readonly Mix[] = [
  { set: 0.8, conditionalSet: 0.05, absentSet: 0.03, remove: 0.01, conditionalRemove: 0, conditionalRead: 0.02 },
  { set: 0.05, conditionalSet: 0.55, absentSet: 0.05, remove: 0, conditionalRemove: 0.02, conditionalRead: 0.13 },
  { set: 0, conditionalSet: 0, absentSet: 0, remove: 0, conditionalRemove: 0, conditionalRead: 0.5 },
  { set: 0.3, conditionalSet: 0.2, absentSet: 0.05, remove: 0.01, conditionalRemove: 0.02, conditionalRead: 0.2 },
];

export interface Act {
  readonly recorder: Recorder;
  readonly random: () => number;
  readonly client: number;
  readonly replica: Target;
  readonly register: Register;
  /** Those of the burst. */
  readonly registers: readonly Register[];
  readonly mix: Mix;
}

export function act({ recorder, random, client, replica, register, registers, mix }: Act): Promise<void> {
  let left = random();
  const chosen = (likely: number) => {
    left -= likely;
    return left < 0;
  };
  const known = pick(register.known, random);
  if (chosen(mix.set)) {
    // Two or three registers that include this one, or this one alone.
    const several = random() < 0.3 ? registers.filter((one) => one === register || random() < 0.5) : [register];
    return recorder.set(client, replica, several, { ttl: random() < likelyTtl ? ttl : undefined });
  }
  if (chosen(mix.absentSet)) return recorder.set(client, replica, [register], { condition: 'absent' });
  if (chosen(mix.remove) && !register.deleted) return recorder.remove(client, replica, register);
  if (known === undefined) return recorder.read(client, replica, register);
  if (chosen(mix.conditionalSet)) {
    const options = { condition: known, ttl: random() < likelyTtl ? ttl : undefined };
    return recorder.set(client, replica, [register], options);
  }
  if (chosen(mix.conditionalRemove) && !register.deleted) return recorder.remove(client, replica, register, known);
  return recorder.read(client, replica, register, chosen(mix.conditionalRead) ? known : undefined);
}
