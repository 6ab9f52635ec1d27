/**
 * What Node compiled of the command line is kept for its next starts, which then take less than half of the time
 * (docs/adr/0241). Plain JavaScript, since what takes off types is loaded for the first file that has some.
 */
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Rights of all others. */
const others = 0o077;

/** Never throws: without the cache all works, and starts more slowly. */
export function useCompileCache() {
  // NODE_COMPILE_CACHE, or the image, has chosen one.
  if (getCompileCacheDir() !== undefined) return;
  try {
    const folder = ownFolder(userCaches(process.platform, process.env, homedir()));
    if (folder !== undefined) enableCompileCache(folder);
  } catch {
    // A home that is read-only, full, or none.
  }
}

/**
 * Where programs of this user keep what can be made again.
 * @param {string} platform
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} home
 * @returns {string}
 */
export function userCaches(platform, { XDG_CACHE_HOME: xdg = '', LOCALAPPDATA: local = '' }, home) {
  if (platform === 'win32' && local !== '') return local;
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  // The specification says to ignore relative ones.
  return isAbsolute(xdg) ? xdg : join(home, '.cache');
}

/**
 * Code is read from there: it is used only when no other user can write to it. Made when it is missing.
 * @param {string} caches
 * @returns {string | undefined}
 */
function ownFolder(caches) {
  const folder = join(caches, 'kvstore-cli');
  const user = process.getuid?.();
  // In another one's home, as with sudo, nothing is made that they could not remove; nor is a home made.
  const above = statSync(caches, { throwIfNoEntry: false }) ?? statSync(dirname(caches));
  if (user !== undefined && above.uid !== user) return undefined;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory()) return undefined;
  return user === undefined || (found.uid === user && (found.mode & others) === 0) ? folder : undefined;
}
