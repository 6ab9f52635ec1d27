/** Numbers as Grafana's units write them, shortly. */

const decimal = ['', ' K', ' Mil', ' Bil'] as const;
const binary = [' B', ' KiB', ' MiB', ' GiB'] as const;

export function format(value: number, unit: string): string {
  if (!Number.isFinite(value)) return '–';
  switch (unit) {
    case 'dateTimeFromNow':
      return new Date(value).toISOString().slice(11, 19);
    case 's':
      return seconds(value);
    case 'bytes':
      return scaled(value, 1024, binary);
    case 'percentunit':
      return `${short(value * 100)}%`;
    case 'reqps':
      return `${scaled(value, 1000, decimal)} req/s`;
    case 'ops':
      return `${scaled(value, 1000, decimal)} ops/s`;
    default:
      return scaled(value, 1000, decimal);
  }
}

function seconds(value: number): string {
  if (value === 0) return '0 s';
  if (value < 0.001) return `${short(value * 1e6)} µs`;
  if (value < 1) return `${short(value * 1000)} ms`;
  return value < 120 ? `${short(value)} s` : `${short(value / 60)} min`;
}

function scaled(value: number, base: number, suffixes: readonly string[]): string {
  let exponent = 0;
  while (Math.abs(value) >= base ** (exponent + 1) && exponent < suffixes.length - 1) exponent += 1;
  return `${short(value / base ** exponent)}${suffixes[exponent]}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
