const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/**
 * Bytes in a Kubernetes quantity such as `1.5Gi` or `2e9`.
 * @throws when the text is not a quantity
 */
export function bytesOf(quantity: string): number {
  const [, number, suffix] = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(quantity) ?? [];
  const factor = factors[suffix ?? ''];
  if (number === undefined || factor === undefined) throw new Error(`not a quantity: ${quantity}`);
  return Math.round(Number(number) * factor);
}
