/** Values of the head key. */
import { randomBytes } from 'node:crypto';

/** No two transactions of any process have the same: a random name of this process, and a counter. */
export class WriteNonces {
  readonly #name = randomBytes(9).toString('base64url');
  #count = 0;

  next(): Buffer {
    return Buffer.from(`${this.#name}.${++this.#count}`);
  }
}
