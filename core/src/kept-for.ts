/**
 * Makes something for all who ask within `maxAge` milliseconds, and while it is being made, however long that takes. What could
 * not be made is made anew for the next who asks.
 * @param now milliseconds, monotonic
 */
export function keptFor<Made>(
  maxAge: number,
  make: () => Promise<Made>,
  now: () => number = () => performance.now(),
): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  let madeAt = Number.NEGATIVE_INFINITY;
  let isMaking = false;
  const forget = () => {
    made = undefined;
    isMaking = false;
  };
  return () => {
    if (made !== undefined && (isMaking || now() - madeAt < maxAge)) return made;
    madeAt = now();
    isMaking = true;
    made = make();
    made.then(() => {
      isMaking = false;
    }, forget);
    return made;
  };
}
