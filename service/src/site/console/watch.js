/** What changes in the store, as it happens: GET /watch with fetch, since an EventSource cannot show a token. */
import { ask, Problem, queryOf, readLine, timelineOf } from './api.js';

/** @typedef {{ key: string, text: string | undefined, version: number, tag: string, expires: number | undefined }} Change text undefined: it is gone */
/** @typedef {'connecting' | 'live' | 'away' | 'refused'} State */

/**
 * @typedef {object} Listener
 * @property {(change: Change) => void} change
 * @property {() => void} gap changes may have been missed: what is shown is to be read anew
 * @property {(state: State) => void} state
 * @property {(error: unknown) => void} failed no further try is made
 */

/** Milliseconds before asking again, more each time. */
const firstPause = 500;
const longestPause = 10_000;

/**
 * Watches until the signal is aborted, going on behind the last event after each interruption. Resolves when changes are
 * reported from now on, or when they cannot be (which the state tells).
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
  listener.state('connecting');
  while (!signal.aborted) {
    try {
      /** @type {Record<string, string>} */
      const headers = last === '' ? {} : { 'Last-Event-ID': last };
      const answer = await ask(`watch?${queryOf(filter)}`, { headers, signal });
      listener.state('live');
      begun();
      pause = firstPause;
      for await (const event of eventsOf(answer)) {
        const change = changeOf(event);
        if (change !== undefined) listener.change(change);
        if (event.id !== '') last = event.id;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Problem && error.status === 410) {
        // What happened in between is not known any more.
        last = '';
        listener.gap();
        continue;
      }
      const refused = error instanceof Problem && error.status < 500;
      listener.state(refused ? 'refused' : 'away');
      begun();
      if (refused) {
        listener.failed(error);
        return;
      }
    }
    await sleep(pause, signal);
    pause = Math.min(pause * 2, longestPause);
  }
}

/** @typedef {{ event: string, id: string, data: string }} ServerEvent */

/**
 * The events of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as the service uses them.
 * @param {Response} answer
 * @returns {AsyncGenerator<ServerEvent>}
 */
async function* eventsOf(answer) {
  if (answer.body === null) return;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) yield eventOf(block);
  }
}

/** @param {string} block */
function eventOf(block) {
  const event = { event: '', id: '', data: '' };
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^(event|id|data): ?(.*)$/s.exec(line) ?? [];
    if (field === 'event' || field === 'id' || field === 'data') event[field] = value;
  }
  return event;
}

/**
 * @param {ServerEvent} event
 * @returns {Change | undefined}
 */
function changeOf({ event, id, data }) {
  if (event !== 'set' && event !== 'delete') return undefined;
  const change = readLine(data, timelineOf(id));
  return event === 'set' ? change : { ...change, text: undefined };
}

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
