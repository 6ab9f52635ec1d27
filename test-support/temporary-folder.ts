import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** Where an end is registered: a test, or what several tests share. */
export type Owner = Pick<ExecutionContext, 'teardown'>;

/** A folder that is removed when the test ends. */
export function temporaryFolder(t: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), 'kvstore-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
