/** POST /get: the pairs of many keys, all of one state of the store. */
import { pairLine } from '@kvstore/core/pair-line.ts';
import { ageOf } from '../answers/age.ts';
import { type Answer, textAnswer, withHeaders } from '../answers/answer.ts';
import { tagOf, viewTag } from '../answers/entity-tag.ts';
import { jsonItems, pairText } from '../answers/pairs.ts';
import type { Answers } from '../caches/answer-cache.ts';
import { type GetManyRequest, jsonLines } from '../requests/reads.ts';
import type { Reader, Store, VersionedPair } from '../store/store.ts';
import { valuesOf } from './get.ts';
import { afterBarrier, type BarrierParts } from './reading/after-barrier.ts';
import { joined, maxKeys, maxLength } from './reading/at-one-go.ts';
import type { LongRead } from './reading/long-read.ts';
import { bytesOfKey } from './reading/page.ts';

/** Rejects with Problem `unavailable`, `overloaded` or `data-corrupted`. */
export type GetMany = (request: GetManyRequest) => Answer | Promise<Answer>;

export interface GetManyParts extends BarrierParts {
  readonly store: Store;
  readonly answers: Answers;
  readonly longRead: LongRead;
}

/** Few pairs are read at one go; more are a long read, in slices of one snapshot. */
export function getValues(parts: GetManyParts): GetMany {
  const { store, answers, longRead } = parts;
  const fewOf = fewPairs(store, answers);
  const read = (request: GetManyRequest): Answer | Promise<Answer> => {
    const { keys, asLines, stale } = request;
    const form = asLines ? '-lines' : '';
    const type = ['Content-Type', asLines ? jsonLines : 'application/json'];
    const age = ageOf(store, stale);
    const expired = store.lastExpired();
    const tag = viewTag(store, store);
    const few = keys.length > maxKeys ? undefined : asLines ? joined(piecesOf(store, request)) : fewOf(request);
    // What expires while it is read must not be in an answer whose tag leaves it out, nor the other way round.
    if (few !== undefined && store.lastExpired() === expired) {
      return textAnswer(200, [...age, 'ETag', tagOf(tag, form), ...type], few);
    }
    return longRead((view, hold) => {
      hold(memoryOf(keys));
      return { headers: ['ETag', tagOf(viewTag(store, view), form), ...type], pieces: piecesOf(view, request) };
    }).then((answer) => withHeaders(answer, age));
  };
  return afterBarrier(parts, ({ keys }) => keys, read);
}

/**
 * The object of few pairs, with the answers that are kept of single reads: to read a pair takes four times as long. Undefined:
 * it is too long.
 */
function fewPairs(store: Store, answers: Answers): (request: GetManyRequest) => string | undefined {
  const values = valuesOf(store);
  return ({ keys, arePlain = false }) => {
    const answer = answers.answers(values);
    let text = '{';
    for (const key of keys) {
      const { status, text: value } = answer(key);
      if (status !== 200) continue;
      // JSON.stringify takes as long as all else that is done for a pair.
      const pair = arePlain ? `"${key}":${value}` : pairText({ key, value });
      text += text.length === 1 ? pair : `,${pair}`;
      if (text.length > maxLength) return undefined;
    }
    return `${text}}`;
  };
}

/** Bytes that the keys take until the client has taken their pairs. */
function memoryOf(keys: readonly string[]): number {
  let bytes = 0;
  for (const key of keys) bytes += bytesOfKey(key);
  return bytes;
}

function piecesOf(view: Reader, { keys, asLines }: GetManyRequest): Iterable<string> {
  if (!asLines) return jsonItems('{', found(view, keys, pairText), '}');
  return found(view, keys, (pair) => pairLine(pair, view.expires(pair.key)));
}

/** Keys that are not there are passed over; after so many of them, others can have their turn. */
const missedPerTurn = 100;

function* found(view: Reader, keys: readonly string[], textOf: (pair: VersionedPair) => string): Iterable<string> {
  let missed = 0;
  for (const key of keys) {
    const entry = view.get(key);
    if (entry !== undefined) yield textOf({ key, ...entry });
    else if (++missed % missedPerTurn === 0) yield '';
  }
}
