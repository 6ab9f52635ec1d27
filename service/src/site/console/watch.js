/** What changes in the store, as it happens: GET /watch with fetch, since an EventSource cannot show a token. */

import { EventStream, longestSilence } from '@kvstore/core/event-stream.js';
import { ask, Problem, queryOf, readLine, timelineOf } from './api.js';

/**
 * A change, of which only the key is read at once: most changes are of keys whose value is not on the screen.
 * @typedef {object} Change
 * @property {string} key
 * @property {boolean} exists false: it is gone
 * @property {() => Omit<import('./api.js').Stored, 'text'> & { text: string | undefined }} read text undefined: it is gone
 */
/** @typedef {'connecting' | 'live' | 'away' | 'refused'} State */

/**
 * @typedef {object} Listener
 * @property {(change: Change) => void} change
 * @property {() => void} gap changes may have been missed: what is shown is to be read anew; later ones are reported
 * @property {(state: State) => void} state
 * @property {(error: unknown) => void} failed no further try is made
 */

/** Milliseconds before asking again, more each time. */
const firstPause = 500;
const longestPause = 10_000;
/** A Retry-After above it is taken for it: what is in front of the service may say any. */
const longestRetryAfter = 300_000;

/**
 * Watches until the signal is aborted, going on behind the last event after each interruption. Resolves when changes are
 * reported from now on, or when they cannot be (see the state).
 * @param {import('./api.js').Filter} filter
 * @param {Listener} listener
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function watch(filter, listener, signal) {
  return new Promise((begun) => {
    signal.addEventListener('abort', () => begun());
    void follow(filter, listener, signal, begun);
  });
}

/**
 * @param {import('./api.js').Filter} filter
 * @param {Listener} listener
 * @param {AbortSignal} signal
 * @param {() => void} begun
 */
async function follow(filter, listener, signal, begun) {
  let last = '';
  let pause = firstPause;
  /** What happens now is not reported later. */
  let missed = false;
  listener.state('connecting');
  while (!signal.aborted) {
    /** Milliseconds that the answer asks to wait. */
    let asked = 0;
    try {
      /** @type {Record<string, string>} */
      const headers = last === '' ? {} : { 'Last-Event-ID': last };
      const answer = await ask(`watch?${queryOf(filter)}`, { headers, signal });
      listener.state('live');
      begun();
      if (missed) listener.gap();
      pause = firstPause;
      await read(answer, last, {
        event(event) {
          const change = changeOf(event);
          if (change !== undefined) listener.change(change);
        },
        reached(id) {
          last = id;
        },
      });
      missed = last === '';
      if (!signal.aborted) listener.state('away');
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 410 && last !== '') {
        // What happened in between is not known any more.
        last = '';
        missed = true;
        continue;
      }
      missed = last === '';
      const refused = error instanceof Problem && !error.mayPass;
      listener.state(refused ? 'refused' : 'away');
      begun();
      if (refused) {
        listener.failed(error);
        return;
      }
      if (error instanceof Problem) asked = Math.min(error.retryAfter ?? 0, longestRetryAfter);
    }
    await sleep(Math.max(pause, asked), signal);
    pause = Math.min(pause * 2, longestPause);
  }
}

/**
 * Reads a stream until it ends; throws when nothing comes for longer than it may.
 * @param {Response} answer
 * @param {string} last the id that it was opened with
 * @param {{ event: (event: import('@kvstore/core/event-stream.js').ServerEvent) => void, reached: (id: string) => void }} take
 */
async function read(answer, last, take) {
  if (answer.body === null) return;
  const stream = new EventStream(last);
  const silence = longestSilence(answer.headers.get('KvStore-Heartbeat'));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let timer = 0;
  const alive = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void reader.cancel(), silence);
  };
  try {
    for (;;) {
      alive();
      const { value, done } = await reader.read();
      if (done) return;
      for (const event of stream.push(value)) take.event(event);
      take.reached(stream.lastEventId);
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * @param {import('@kvstore/core/event-stream.js').ServerEvent} event
 * @returns {Change | undefined}
 */
function changeOf({ event, id, data }) {
  if (event !== 'set' && event !== 'delete') return undefined;
  const name = leadingKey.exec(data)?.[1];
  const exists = event === 'set';
  const read = () => {
    const { text, version, tag, expires } = readLine(data, timelineOf(id));
    return { text: exists ? text : undefined, version, tag, expires };
  };
  return { key: name === undefined ? readLine(data, '').key : JSON.parse(name), exists, read };
}

/** The first member of an event's data. */
const leadingKey = /^\{"key":("(?:[^"\\]|\\.)*")/;

/**
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
function sleep(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
