/** Recognises texts that were requested lately, in little memory: a hash of each, until another takes its place. */
const slots = 1 << 16;

export class AdmitOnSecondAccess {
  readonly #hashes = new Uint32Array(slots);

  /** Whether the text was seen, as a rule among the last 65,536 others; from now on it was. */
  again(text: string): boolean {
    const hash = hashOf(text);
    const slot = hash % slots;
    const seen = this.#hashes[slot] === hash;
    this.#hashes[slot] = hash;
    return seen;
  }
}

/** FNV-1a of the UTF-16 units (http://www.isthe.com/chongo/tech/comp/fnv/), 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
