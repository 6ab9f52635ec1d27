/**
 * Gives every Node process of an image the compile cache that was made with the image (docs/adr/0241); NODE_OPTIONS names
 * this file. Node looks for a cache in a folder whose name says its version, the user and the features of the processor, and
 * so would find none on another kind of processor than that of the build, or as another user. V8 itself does not need
 * those to be the same: it checks version, flags and source of each piece, and compiles what does not fit. So the folder
 * that Node looks into becomes a link to the one of the image, which is only ever read.
 *
 * Plain JavaScript: what takes off types is loaded only for the first file that has some, and takes 45 ms.
 */
'use strict';
const { existsSync, mkdtempSync, rmdirSync, rmSync, symlinkSync } = require('node:fs');
const { enableCompileCache, getCompileCacheDir } = require('node:module');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { isMainThread } = require('node:worker_threads');

const made = join(__dirname, '../compile-cache');

/** With a read-only root, memory is often all that a process may write to. */
const writable = ['/dev/shm', tmpdir()];

/** @returns {string | undefined} a new folder that is for this user alone; undefined: there is no place for it */
function newFolder() {
  for (const parent of writable) {
    try {
      return mkdtempSync(join(parent, 'kvstore-compile-cache-'));
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function use() {
  // Node runs this file in worker threads as well, and a thread that is terminated emits no 'exit' to remove its folder at.
  if (!isMainThread) return;
  // Something has chosen another one, or none.
  if (getCompileCacheDir() !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE || !existsSync(made)) return;
  const folder = newFolder();
  if (folder === undefined) return;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  enableCompileCache(folder);
  const place = getCompileCacheDir();
  if (place === undefined) return;
  rmdirSync(place);
  symlinkSync(made, place);
}

try {
  use();
} catch {
  // A program without its cache starts more slowly, and does all the same.
}
