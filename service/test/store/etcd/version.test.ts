import { Server } from '@grpc/grpc-js';
import test, { type ExecutionContext } from 'ava';
import { listenGrpc } from '../../../../test-support/network/listen-grpc.ts';
import { temporaryFolder } from '../../../../test-support/temporary-folder.ts';
import { open } from './harness.ts';

/** Something that answers as an etcd of this version would, to the one call that asks. */
async function startFake(t: ExecutionContext, version: string): Promise<string> {
  const server = new Server();
  t.teardown(() => server.forceShutdown());
  const identity = (bytes: Buffer) => bytes;
  const status = {
    path: '/etcdserverpb.Maintenance/Status',
    ...{ requestStream: false, responseStream: false, requestSerialize: identity, requestDeserialize: identity },
    ...{ responseSerialize: identity, responseDeserialize: identity },
  };
  // StatusResponse: field 2 is the version.
  const answer = Buffer.concat([Buffer.of(0x12, version.length), Buffer.from(version)]);
  server.addService(
    { status },
    { status: (_: unknown, callback: (error: null, bytes: Buffer) => void) => callback(null, answer) },
  );
  return `http://127.0.0.1:${await listenGrpc(server)}`;
}

test('an etcd that is too old is refused with a message that says which versions are not', async (t) => {
  const dataDir = temporaryFolder(t);
  const old = await startFake(t, '3.5.12');
  const message = /127\.0\.0\.1:\d+ cannot be used: version 3\.5\.12 .* at least 3\.5\.33, 3\.6\.14 or 3\.7\.1/;
  await t.throwsAsync(open(t, { endpoints: [old], dataDir }), { message });
  const good = await startFake(t, '3.6.14');
  await t.throwsAsync(open(t, { endpoints: [good, old], dataDir }), { message });
  await t.notThrowsAsync(open(t, { endpoints: [good], dataDir, requestTimeout: 200 }));
});
