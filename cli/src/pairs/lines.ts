/** A stream of bytes, cut into lines, whose contents it does not parse. */

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end. */
  readonly bytes: Buffer;
  /** Bytes from the stream's beginning to the line's end, the newline included. */
  readonly end: number;
  /** False: the stream ends without a newline. */
  readonly whole: boolean;
}

const newline = 0x0a;

export async function* readLines(input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let pieces: Buffer[] = [];
  let number = 0;
  let end = 0;
  for await (const chunk of input) {
    let start = 0;
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, start)) {
      const last = chunk.subarray(start, at);
      end += at + 1 - start;
      start = at + 1;
      number += 1;
      yield { number, bytes: pieces.length === 0 ? last : Buffer.concat([...pieces, last]), end, whole: true };
      pieces = [];
    }
    if (start < chunk.length) {
      end += chunk.length - start;
      pieces.push(chunk.subarray(start));
    }
  }
  if (pieces.length > 0) yield { number: number + 1, bytes: Buffer.concat(pieces), end, whole: false };
}
