/** Can every state come to its end by steps that are due? Backwards from the states where nothing waits. */
import { isFinished } from '../world/property.ts';
import type { World } from '../world/world.ts';

export class Progress {
  /** For each state, those that a due step leads from to it. */
  readonly #before: number[][] = [];
  readonly #finished: number[] = [];

  add(number: number, world: World): void {
    this.#before[number] ??= [];
    if (isFinished(world)) this.#finished.push(number);
  }

  leads(from: number, to: number): void {
    const before = this.#before[to];
    if (before === undefined) this.#before[to] = [from];
    else before.push(from);
  }

  /** The first state from which nothing can come to its end; undefined: there is none. */
  stalled(): number | undefined {
    const ends = new Uint8Array(this.#before.length);
    const reached = [...this.#finished];
    for (const number of reached) ends[number] = 1;
    for (let number = reached.pop(); number !== undefined; number = reached.pop()) {
      for (const before of this.#before[number] ?? []) {
        if (ends[before] === 1) continue;
        ends[before] = 1;
        reached.push(before);
      }
    }
    const stalled = ends.indexOf(0);
    return stalled < 0 ? undefined : stalled;
  }
}
