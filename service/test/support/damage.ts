/** Damage to a data file, as a disk makes it. */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';

/** Flips a bit of the file in its place; a process that has it mapped sees it at once. */
export function flipBit(file: string, bit: number): void {
  const descriptor = openSync(file, 'r+');
  try {
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, bit >> 3);
    writeSync(descriptor, Buffer.of((byte[0] as number) ^ (1 << (bit & 7))), 0, 1, bit >> 3);
  } finally {
    closeSync(descriptor);
  }
}

/** Overwrites bytes of the file in their place. */
export function overwrite(file: string, position: number, bytes: Buffer): void {
  const descriptor = openSync(file, 'r+');
  try {
    writeSync(descriptor, bytes, 0, bytes.length, position);
  } finally {
    closeSync(descriptor);
  }
}

/** Where a text is in the file: all places, old copies of pages included. */
export function placesOf(file: string, text: string): number[] {
  const bytes = readFileSync(file);
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) places.push(at);
  return places;
}
