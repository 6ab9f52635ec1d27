/** One of the list, the last ones more often, since they matter most; undefined: it is empty. */
export function pick<T>(list: readonly T[], random: () => number): T | undefined {
  const from = random() < 0.5 ? Math.max(0, list.length - 4) : 0;
  return list[from + Math.floor(random() * (list.length - from))];
}
