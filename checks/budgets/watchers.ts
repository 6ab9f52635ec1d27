/** The most watches that the service takes, all of which read, and sets of a mebibyte. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sockets } from './sockets.ts';
import { type Attack, host, large } from './worst-clients.ts';

export const manyWatches = 'watches: 5000 that read all, and a set of a mebibyte for them';

const watches = 5000;
/** Connections that are opened before those before them have been answered. */
const atOnce = 100;

/** Resolves when all have read the set, or have been cut. `begun` is called before the set. */
export async function watchersTake(sockets: Sockets, set: Attack['set'], begun: () => void): Promise<void> {
  let opened = 0;
  let received = 0;
  for (let i = 0; i < watches; i++) {
    let isOpen = false;
    sockets.connect([`GET /watch ${host}\r\n`], (piece) => {
      if (!isOpen) opened++;
      isOpen = true;
      received += piece.length;
    });
    while (i - opened > atOnce) await pause(5);
  }
  while (opened < watches) await pause(5);
  begun();
  received = 0;
  await set({ watched: large });
  while (received < sockets.open * large.length) await pause(5);
}
