/** Which of the types that there are a client would rather have (RFC 9110, 12.5.1). */

/** A type that can be sent, such as `text/plain; version=0.0.4`. */
export interface Offer {
  /** Without parameters, in lower case. */
  readonly type: string;
  /** Of the format; undefined: it has none. */
  readonly version?: string;
}

interface Range {
  readonly type: string;
  readonly version: string | undefined;
  readonly quality: number;
}

/**
 * The offer with the highest quality; of equal ones the first. Undefined: the client takes none of them. A range is for a
 * type and, if it names one, for a version. Other parameters, such as `charset` and `escaping`, say how the client can
 * read the type, and keep no offer from being sent.
 * @param accept undefined: anything
 */
export function preferred<O extends Offer>(accept: string | undefined, offers: readonly O[]): O | undefined {
  if (accept === undefined) return offers[0];
  const ranges = accept.split(',').map(parseRange);
  let best: O | undefined;
  let quality = 0;
  for (const offer of offers) {
    const found = qualityOf(offer, ranges);
    if (found <= quality) continue;
    best = offer;
    quality = found;
  }
  return best;
}

/** That of the most specific range which the offer fits; 0: of none. */
function qualityOf({ type, version }: Offer, ranges: readonly Range[]): number {
  let best = { precision: -1, quality: 0 };
  for (const range of ranges) {
    const isNamed = range.type === type;
    if (isNamed && range.version !== undefined && range.version !== version) continue;
    if (!isNamed && range.type !== '*/*' && range.type !== `${type.split('/')[0]}/*`) continue;
    const precision = isNamed ? (range.version === undefined ? 2 : 3) : range.type === '*/*' ? 0 : 1;
    const isBetter = precision === best.precision ? range.quality > best.quality : precision > best.precision;
    if (isBetter) best = { precision, quality: range.quality };
  }
  return best.quality;
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  let version: string | undefined;
  let quality = 1;
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim());
    if (name.toLowerCase() === 'version') version = value.replace(/^"(.*)"$/, '$1');
    // What is no number from 0 to 1 is no wish.
    if (name.toLowerCase() === 'q') quality = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(value) ? Number(value) : 0;
  }
  return { type: type.toLowerCase(), version, quality };
}
