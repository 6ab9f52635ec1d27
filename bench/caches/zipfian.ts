/**
 * Which of many records a request is for, as YCSB chooses them: few of them often, most of them rarely (Gray and others,
 * "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994; YCSB's ZipfianGenerator).
 */

/** YCSB's constant: among 10,000 records the first one gets a tenth of all requests. */
const theta = 0.99;

/** Numbers from 0 up to `count`, without it; the smaller, the more often. `random`: numbers from 0 up to 1, without it. */
export function zipfian(count: number, random: () => number): () => number {
  const zeta = zetaOf(count);
  const alpha = 1 / (1 - theta);
  const eta = (1 - (2 / count) ** (1 - theta)) / (1 - zetaOf(2) / zeta);
  return () => {
    const uniform = random();
    const share = uniform * zeta;
    if (share < 1) return 0;
    if (share < 1 + 0.5 ** theta) return 1;
    return Math.min(count - 1, Math.floor(count * (eta * uniform - eta + 1) ** alpha));
  };
}

function zetaOf(count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) sum += 1 / i ** theta;
  return sum;
}

/** A prime, so that of any count which it does not divide no two ranks have one place. */
const step = 7919;

/** The same numbers as `zipfian` gives, but those that come often lie apart. */
export function scrambled(count: number, random: () => number): () => number {
  const rank = zipfian(count, random);
  return () => (rank() * step) % count;
}
