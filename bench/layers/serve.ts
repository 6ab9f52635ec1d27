/** The service as main makes it, with an embedded store; SIGUSR2 begins a CPU profile, and ends it into PROFILE_FILE. */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import pino from 'pino';
import { readConfig } from '../../service/src/config.ts';
import { createService } from '../../service/src/service.ts';
import { openStore } from '../../service/src/store/open.ts';
import { noSpans } from '../../service/src/store/spans.ts';
import { createRegistry } from '../../service/src/telemetry/registry.ts';

const { PROFILE_FILE = '', ...env } = process.env;
const config = readConfig(env);
const registry = createRegistry('0.0.0', process.version);
const log = pino({ level: config.logLevel });
const session = new Session();
session.connect();
let isProfiling = false;

process.on('SIGUSR2', async () => {
  if (!isProfiling) {
    isProfiling = true;
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 100 });
    await session.post('Profiler.start');
    return;
  }
  const { profile } = await session.post('Profiler.stop');
  writeFileSync(PROFILE_FILE, JSON.stringify(profile));
});

const store = await openStore({ config, registry, log, spans: noSpans, interceptors: [] });
await createService(config, { store, registry, log, version: '0.0.0' });
