/**
 * The embedded store's timeline. It goes on for as long as the folder does. A copy of the folder, or a folder that was
 * put back to an earlier state, begins a new one: it would give revisions to other values than the folder that it was
 * copied from.
 */
import { readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '@kvstore/core/private-files.ts';
import type { KeyIndex } from '../index/key-index.ts';
import { newTimeline } from '../timeline.ts';

/** Holds the timeline and a revision that it has reached: an older data file put in the place of ours is noticed. */
const markerName = 'timeline';
/** Which file the index is in: a copy is another one. */
const fileMeta = 'file';

/** Begins a new timeline when the index has none, or is not in the state that it was left in. */
export function continueTimeline(index: KeyIndex, directory: string): void {
  // A file that is made in the place of a removed one may get the same inode, at another time.
  const { ino, birthtimeNs } = statSync(join(directory, 'data.mdb'), { bigint: true });
  const file = `${ino} ${birthtimeNs}`;
  const known = index.meta('timeline');
  const isCopy = index.meta(fileMeta) !== file;
  if (known === undefined || isCopy || reached(directory, known) > index.revision()) {
    const timeline = newTimeline();
    index.transactNow((writer) => {
      writer.setTimeline(timeline);
      writer.setMeta(fileMeta, file);
    });
    index.enterTimeline(timeline);
  }
  markTimeline(index, directory);
}

/** Notes how far the timeline has come. Without the note only an older file in the same inode would go unnoticed. */
export function markTimeline(index: KeyIndex, directory: string): void {
  const file = join(directory, markerName);
  try {
    writePrivate(`${file}.new`, `${index.timeline} ${index.revision()}\n`);
    renameSync(`${file}.new`, file);
  } catch {
    // A full disk, or a folder that is gone: the store itself says so where it matters.
  }
}

/** The revision that is noted for the timeline; 0: none. */
function reached(directory: string, timeline: string): number {
  try {
    const [name, revision] = readFileSync(join(directory, markerName), 'utf8').trim().split(' ');
    return name === timeline ? Number(revision) || 0 : 0;
  } catch {
    return 0;
  }
}
