/** What a fault is, and how one is chosen. */

export interface Fault {
  /** What it acts on: two faults at once act on different things. */
  readonly subject: 'service' | 'clients' | 'members' | 'network';
  /** Injects the fault, lets it last for about so many milliseconds, and mends it. */
  run(random: () => number, milliseconds: number): Promise<void>;
}

export type Faults = Readonly<Record<string, Fault>>;

/** Every name once in random order, then every name again: a short run meets as many kinds as it can. */
export function* inTurns(names: readonly string[], random: () => number): Generator<string, never> {
  for (;;) {
    const left = [...names];
    while (left.length > 0) yield* left.splice(Math.floor(random() * left.length), 1);
  }
}
