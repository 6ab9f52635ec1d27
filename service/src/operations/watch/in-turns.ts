/** Does the same for thousands of items, a little in each turn of the event loop. */
import { type Clock, systemClock } from '../../store/clock.ts';

/** Milliseconds in a turn. */
const turnTime = 2;

/** The items are those of now. Some are done when it returns, the others in the turns that follow. */
export function inTurns<Item>(
  items: Iterable<Item>,
  work: (item: Item) => void,
  clock: Pick<Clock, 'now'> = systemClock,
): void {
  const left = [...items].values();
  const takeTurn = () => {
    const end = clock.now() + turnTime;
    for (const item of left) {
      work(item);
      if (clock.now() < end) continue;
      setImmediate(takeTurn);
      return;
    }
  };
  takeTurn();
}
