/** The index's files: a copy of etcd, so whatever is doubtful is thrown away and made anew. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '@kvstore/core/private-files.ts';
import { messageOf } from '@kvstore/etcd/call-error.ts';
import type { Clock } from '../../clock.ts';
import type { OnDamage } from '../../damage/damage.ts';
import { KeyIndex } from '../../index/key-index.ts';
import type { Log } from '../options.ts';
import { bootId } from './boot.ts';

/** A folder of its own: an embedded store's data in the same directory is never touched. */
const folder = 'etcd-replica';

export function indexFolder(dataDir: string): string {
  return join(dataDir, folder);
}

export interface ReplicaIndexOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Decides what has expired. */
  readonly clock: Clock;
  readonly onDamage: OnDamage;
}

/** Throws when the directory cannot be written to. */
export function openReplicaIndex({ dataDir, log, clock, onDamage }: ReplicaIndexOptions): KeyIndex {
  const directory = indexFolder(dataDir);
  const bootFile = join(dataDir, `${folder}.boot`);
  const boot = bootId();
  // Nothing is flushed, which a crash of this process does no harm, but one of the machine does.
  if (readText(bootFile) !== boot) rmSync(directory, { recursive: true, force: true });
  const open = () => new KeyIndex({ directory, durable: false, wall: () => clock.wall(), onDamage });
  let index: KeyIndex;
  try {
    index = open();
  } catch (error) {
    log.warn({ err: error, directory }, `The index is made anew: ${messageOf(error)}.`);
    rmSync(directory, { recursive: true, force: true });
    index = open();
  }
  writePrivate(bootFile, boot);
  return index;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
