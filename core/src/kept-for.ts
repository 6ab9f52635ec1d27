/**
 * Makes something for all who ask within `maxAge` milliseconds, those included who ask while it is being made. What could
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
  return () => {
    if (made !== undefined && now() - madeAt < maxAge) return made;
    madeAt = now();
    const making = make();
    made = making;
    making.catch(() => {
      if (made === making) made = undefined;
    });
    return making;
  };
}
