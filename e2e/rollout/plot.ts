/** A plot of latency over time, as SVG. */

export interface Sample {
  /** Seconds since the start. */
  readonly at: number;
  /** Milliseconds until the answer. */
  readonly latency: number;
}

export interface Mark {
  /** Seconds since the start. */
  readonly at: number;
  readonly text: string;
}

const width = 900;
const height = 320;
const [left, right, top, bottom] = [70, 25, 90, 30];
/** Milliseconds at the lower edge; the scale is logarithmic. */
const lowest = 1;

const dots = 'stroke="#369" stroke-opacity="0.5" stroke-width="2" stroke-linecap="round"';

/** Every sample is a dot; marks are lines that say what happened. */
export function plot(title: string, samples: readonly Sample[], marks: readonly Mark[]): string {
  const end = Math.max(1, ...samples.map(({ at }) => at));
  const decades = Math.max(2, Math.ceil(Math.log10(Math.max(...samples.map(({ latency }) => latency)) / lowest)));
  const x = (at: number) => (left + (at / end) * (width - left - right)).toFixed(1);
  const y = (ms: number) => {
    const part = Math.log10(Math.max(lowest, ms) / lowest) / decades;
    return (height - bottom - part * (height - top - bottom)).toFixed(1);
  };
  const ticks = Array.from({ length: decades + 1 }, (_, i) => lowest * 10 ** i);
  const seconds = Array.from({ length: Math.floor(end / 20) + 1 }, (_, i) => i * 20);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    ...ticks.map((ms) => `<path d="M${left} ${y(ms)}H${width - right}" stroke="#ddd"/>`),
    ...ticks.map((ms) => `<text x="${left - 6}" y="${y(ms)}" dy="4" text-anchor="end">${ms} ms</text>`),
    ...seconds.map((at) => `<text x="${x(at)}" y="${height - 10}" text-anchor="middle">${at} s</text>`),
    ...marks.map(({ at }) => `<path d="M${x(at)} ${top}V${height - bottom}" stroke="#c33" stroke-dasharray="3"/>`),
    ...marks.map(
      ({ at, text }) => `<text transform="translate(${x(at)} ${top - 4}) rotate(-30)" fill="#c33">${text}</text>`,
    ),
    `<path d="${samples.map(({ at, latency }) => `M${x(at)} ${y(latency)}h0`).join('')}" ${dots}/>`,
    '</svg>',
    '',
  ].join('\n');
}
