/** The service with an embedded store and no metrics at all: what it would do without them. */
import pino from 'pino';
import { Registry } from 'prom-client';
import { readConfig } from '../../service/src/config.ts';
import { Drain } from '../../service/src/http/drain.ts';
import { createHandler } from '../../service/src/http/handler.ts';
import { listen } from '../../service/src/http/server.ts';
import { Turns } from '../../service/src/http/turns.ts';
import { EmbeddedStore } from '../../service/src/store/embedded.ts';

const config = readConfig(process.env);
const nothing = () => {};
const drain = new Drain();
const turns = new Turns();
const handler = createHandler({
  store: new EmbeddedStore({ directory: config.dataDir, metrics: { observe: nothing, commitStarted: () => nothing } }),
  registry: new Registry(),
  log: pino({ level: config.logLevel }),
  drain,
  maxBody: config.maxBody,
  answerCache: config.answerCache,
  dumpCache: config.dumpCache,
  maxWait: config.maxWait,
  turns,
  watches: { maxWatches: 0, heartbeat: 1000, maxBacklog: 1, stallTimeout: 1000 },
  streams: { maxStreams: config.maxStreams, stallTimeout: config.stallTimeout },
  version: '0.0.0',
  pages: { docs: false, ui: false },
  metrics: { started: nothing, left: nothing, ended: nothing, problem: nothing },
});
const events = { onProblem: nothing, onConnection: () => turns.arrived() };
await listen(handler, drain, { ...config, requestTimeout: config.bodyTimeout, ...events });
