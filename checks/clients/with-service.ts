/** A service and its description, in a folder that is gone afterwards. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServiceProcess } from '../../test-support/service-process/service-process.ts';
import type { Round } from './languages.ts';

/** @param name of the round's own folder */
export async function withService(name: string, round: (round: Round) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kvstore-clients-'));
  const service = await ServiceProcess.start({
    endpoints: [],
    dataDir: join(folder, 'data'),
    settings: { KV_WATCH_HEARTBEAT: '100ms' },
  });
  try {
    await service.ready();
    const description = join(folder, 'openapi.json');
    await writeFile(description, await (await fetch(`${service.url}/openapi.json`)).text());
    await mkdir(join(folder, name));
    await round({ folder: join(folder, name), description, url: service.url });
  } finally {
    await service.kill();
    await rm(folder, { recursive: true, force: true });
  }
}
