/** The service with an embedded store and no metrics at all: what it would do without them. */
import { Registry } from 'prom-client';
import { EmbeddedStore } from '../../service/src/store/embedded/embedded.ts';
import { config, serve } from './serve.ts';

const nothing = () => {};
await serve({
  port: config.port,
  store: new EmbeddedStore({
    directory: config.dataDir,
    metrics: { observe: nothing, damaged: nothing, folderLost: nothing, commitStarted: () => nothing },
  }),
  registry: new Registry(),
  metrics: { started: nothing, paused: nothing, waited: nothing, refused: nothing, ended: nothing, problem: nothing },
});
