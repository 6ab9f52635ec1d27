/** An etcd whose members do not speak TLS. It goes on as it is: members that do and members that do not cannot talk. */
export class PlainEtcdError extends Error {
  override readonly name = 'PlainEtcdError';

  constructor(kvstore: string) {
    super(
      `the etcd of ${kvstore} was made without TLS and is left as it is, with its service; make another KvStore and copy the data`,
    );
  }
}
