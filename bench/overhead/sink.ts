/** Takes in what exporters send, and throws it away: a collector that costs as little as can be. */
import { createServer } from 'node:http';
import { listen } from '../../test-support/network/listen.ts';

export interface Sink {
  readonly url: string;
  /** Bytes so far. */
  received(): number;
  close(): void;
}

export async function startSink(): Promise<Sink> {
  let bytes = 0;
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on('end', () => response.setHeader('Content-Type', 'application/x-protobuf').end());
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    received: () => bytes,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
