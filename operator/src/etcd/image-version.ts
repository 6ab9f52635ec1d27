/** Which etcd versions may follow which. */

export interface EtcdVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** By minor of etcd 3: the first patch without the stale read between a read index and a change of leader. */
const firstGoodPatch: Readonly<Record<number, number>> = { 5: 33, 6: 14, 7: 1 };

export function parseVersion(text: string): EtcdVersion | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return patch === undefined ? undefined : { major: Number(major), minor: Number(minor), patch: Number(patch) };
}

const staleRead = 'has a stale read; etcd must be 3.6.14, 3.7.1 or newer';

function hasStaleRead({ major, minor, patch }: EtcdVersion): boolean {
  return major < 3 || (major === 3 && (minor < 5 || patch < (firstGoodPatch[minor] ?? 0)));
}

/** Why a member must not run the version that it runs, undefined when it may: an image's tag need not tell it. */
export function refuseRunning(version: string): string | undefined {
  const parsed = parseVersion(version);
  return parsed !== undefined && hasStaleRead(parsed) ? `etcd ${version} ${staleRead}` : undefined;
}

/** The version in an image's tag, undefined when it has none that reads as one. */
export function imageVersion(image: string): EtcdVersion | undefined {
  const [, tag] = /:([\w.-]+)(?:@.*)?$/.exec(image.slice(image.lastIndexOf('/') + 1)) ?? [];
  return tag === undefined ? undefined : parseVersion(tag);
}

export function compareVersions(a: EtcdVersion, b: EtcdVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch;
}

/**
 * Why an image must not be rolled out over a running version, undefined when it may. etcd allows one minor up at a time
 * and no minor down (etcd.io/docs/v3.6/upgrades); an image whose tag is no version is taken on trust until
 * its members tell what they run.
 * @param running the lowest version of the members when all were last ready, undefined for a new cluster
 */
export function refuseImage(image: string, running: string | undefined): string | undefined {
  const to = imageVersion(image);
  if (to === undefined) return undefined;
  if (hasStaleRead(to)) return `${image} ${staleRead}`;
  const from = running === undefined ? undefined : parseVersion(running);
  if (from === undefined) return undefined;
  if (to.major !== from.major || to.minor > from.minor + 1) {
    return `etcd ${running} cannot go to ${image}: upgrade by one minor version at a time`;
  }
  if (to.minor < from.minor) return `etcd ${running} cannot go back to ${image}: its data has been upgraded`;
  return undefined;
}

/**
 * The image to run: the wanted one, or the current one together with why the wanted one is refused.
 * @param current the StatefulSet's image; the default one when there is none yet
 * @param running the lowest version of the members when all were last ready, undefined for a new cluster
 */
export function chooseImage(
  wanted: string,
  current: string,
  running: string | undefined,
): { readonly image: string; readonly refused?: string } {
  const refused = wanted === current ? undefined : refuseImage(wanted, running);
  return refused === undefined ? { image: wanted } : { image: current, refused };
}
