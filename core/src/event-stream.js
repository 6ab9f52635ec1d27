/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): the one reader that the console,
 * the command line and the tests share.
 */
import { createParser } from 'eventsource-parser';

/** Heartbeats that may be missing: a stream that is silent for longer is dead, whatever its connection says. */
const missedHeartbeats = 3;
/** Milliseconds between heartbeats, for an answer that does not say. */
const usualHeartbeat = 15_000;

/**
 * @typedef {object} ServerEvent
 * @property {string} event its name; `message` when it has none
 * @property {string} id where a connection goes on behind it; an event without one has that of the event before
 * @property {string} data
 */

export class EventStream {
  /** Where a new connection goes on: the id of the last whole block, also of one without data. Empty: there was none. */
  lastEventId;
  /** @type {ServerEvent[]} */
  #events = [];
  #parser;

  /** @param {string} [lastEventId] that the connection was opened with */
  constructor(lastEventId = '') {
    this.lastEventId = lastEventId;
    this.#parser = createParser({
      // Called at the end of a block, before its event. A block that the connection cuts does not count.
      onId: (id) => {
        this.lastEventId = id;
      },
      onEvent: ({ event = 'message', data }) => {
        this.#events.push({ event, id: this.lastEventId, data });
      },
    });
  }

  /**
   * The events that the text completes.
   * @param {string} text the next piece of the stream, cut anywhere between characters
   */
  push(text) {
    this.#parser.feed(text);
    return this.#events.splice(0);
  }
}

/**
 * Milliseconds of silence after which a stream is dead.
 * @param {string | null | undefined} heartbeat the answer's header KvStore-Heartbeat, in seconds
 */
export function longestSilence(heartbeat) {
  const seconds = Number(heartbeat ?? '');
  return missedHeartbeats * (seconds > 0 && seconds < 100_000 ? seconds * 1000 : usualHeartbeat);
}
