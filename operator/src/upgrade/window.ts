/** Hours of each day, in UTC. */
export interface Window {
  /** Minutes after midnight. */
  readonly from: number;
  /** Minutes after midnight; before `from`: on the next day. */
  readonly to: number;
}

const minutesOf = (hours: string | undefined, minutes: string | undefined): number =>
  Number(hours) * 60 + Number(minutes);

/** `22:00-04:30`; undefined for any other text. */
export function parseWindow(text: string): Window | undefined {
  const time = '([01]\\d|2[0-3]):([0-5]\\d)';
  const found = new RegExp(`^${time}-${time}$`).exec(text);
  if (found === null) return undefined;
  const window = { from: minutesOf(found[1], found[2]), to: minutesOf(found[3], found[4]) };
  return window.from === window.to ? undefined : window;
}

export function isWithin({ from, to }: Window, now: Date): boolean {
  const minutes = now.getUTCHours() * 60 + now.getUTCMinutes();
  return from < to ? minutes >= from && minutes < to : minutes >= from || minutes < to;
}
