/** What an event of a watch says. */
import { ViewError } from './view.ts';

export interface Event {
  readonly timeline: string | undefined;
  readonly revision: number;
  /** Its place in the revision; Infinity: the last. */
  readonly index: number;
  readonly key: string;
  /** JSON text. */
  readonly value: string;
  /** Unix milliseconds. */
  readonly expires: number | undefined;
}

const idPattern = /^([0-9a-z]{8})-(\d+)(?:\.(\d+))?$/;

/** Throws ViewError when id and data are not of one event. */
export function parseEvent(id: string | undefined, data: string): Event {
  const [, timeline, digits, place] = idPattern.exec(id ?? '') ?? [];
  const revision = Number(digits);
  const { key, value, expires, revision: told } = parseData(data);
  if (told !== revision) throw new ViewError(`an event has the id ${id}: ${data}`);
  const index = place === undefined ? Number.POSITIVE_INFINITY : Number(place);
  return { timeline, revision, index, key, value: JSON.stringify(value), expires };
}

function parseData(data: string): Data {
  try {
    return JSON.parse(data) as Data;
  } catch (cause) {
    throw new ViewError(`an event is not JSON: ${data}`, { cause });
  }
}

interface Data {
  readonly key: string;
  readonly value?: unknown;
  readonly revision: number;
  readonly expires?: number;
}
