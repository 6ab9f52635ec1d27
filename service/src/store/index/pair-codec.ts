/** Values as LMDB stores them: sealed for their key and their revision. The text is made from the bytes that were checked. */
import { lastKeyCrc } from '@kvstore/core/data-folder/checksum.ts';
import { type Kind, kindOf, kinds, sealBytes } from '@kvstore/core/data-folder/seal.ts';
import { getLastVersion } from 'lmdb';

/** What a value reads as when its checksum does not fit. No JSON text is like it. */
export const damagedValue = '\0damaged';

const { utf8Slice } = Buffer.prototype as unknown as {
  utf8Slice(this: Uint8Array, start: number, end: number): string;
};

/** What lmdb takes for an encoder; it decodes right after it has written or read the key, and the version. */
export const pairCodec = {
  /** Of what was decoded last. */
  kind: kinds.pair as Kind | undefined,

  encode: (sealed: Buffer) => sealed,

  /** `bytes` are those of a buffer that is used again. */
  decode(bytes: Uint8Array): string {
    const { length } = bytes;
    const kind = kindOf(lastKeyCrc(), bytes, length, getLastVersion());
    this.kind = kind;
    return kind === kinds.pair || kind === kinds.passingPair ? utf8Slice.call(bytes, sealBytes, length) : damagedValue;
  },
};
