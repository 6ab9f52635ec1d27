/** Errors of calls to etcd, and what each means for the caller. */
import { status } from '@grpc/grpc-js';

export class EtcdCallError extends Error {
  override readonly name = 'EtcdCallError';
  /** gRPC's status code. */
  readonly code: number;
  /** False: the call never left this process. */
  readonly sent: boolean;

  constructor(message: string, code: number, sent: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.sent = sent;
  }
}

export type Meaning =
  /** etcd's space quota is used up; nothing was written. */
  | 'no-space'
  /** The revision asked for is gone. */
  | 'compacted'
  /** The revision asked for is not there yet. */
  | 'future-revision'
  /** The request or the answer is over a limit of bytes; nothing was written. */
  | 'too-large'
  | 'too-many-operations'
  /** The lease is not there (any more); nothing was written. */
  | 'lease-lost'
  /** Another lease has the id. */
  | 'lease-exists'
  /** The password, token, certificate or role does not do; nothing was written. */
  | 'refused'
  /** Not executed, and worth another try: no connection, no leader, etcd sheds load. */
  | 'not-executed'
  /** It is unknown whether it was executed. */
  | 'unknown';

/** etcd's own texts (api/v3rpc/rpctypes/error.go), which are part of its API. */
const texts: readonly (readonly [RegExp, Meaning])[] = [
  [/database space exceeded/, 'no-space'],
  [/revision has been compacted/, 'compacted'],
  [/required revision is a future revision/, 'future-revision'],
  [/request is too large|received message larger than max/i, 'too-large'],
  [/too many operations in txn/, 'too-many-operations'],
  [/requested lease not found/, 'lease-lost'],
  [/lease already exists/, 'lease-exists'],
  [/etcdserver: no leader|too many requests|not supported for learner/, 'not-executed'],
  // Users or roles changed while it was under way, or came to be asked for: the next try is as who it is now.
  [/invalid auth token|revision of auth store is old|user name is empty/, 'not-executed'],
  // raft's own text: no entry was appended, because no member leads or leadership is being handed over.
  [/raft proposal dropped/, 'not-executed'],
  // A member that shuts down refuses what came after its goodbye: it has processed nothing of it (RFC 9113, 8.7).
  [/NGHTTP2_REFUSED_STREAM/, 'not-executed'],
  [/permission denied|authentication failed|authentication is not enabled/, 'refused'],
];

export function meaningOf(error: unknown): Meaning {
  if (!(error instanceof EtcdCallError)) return 'unknown';
  if (!error.sent) return error.code === status.UNAUTHENTICATED ? 'refused' : 'not-executed';
  for (const [text, meaning] of texts) if (text.test(error.message)) return meaning;
  // etcd answers these before it proposes anything.
  const refused: number[] = [status.INVALID_ARGUMENT, status.PERMISSION_DENIED, status.UNAUTHENTICATED];
  return refused.includes(error.code) || error.code === status.UNIMPLEMENTED ? 'refused' : 'unknown';
}

/** Is the member itself at fault, so that another one should be asked? */
export function blamesMember(error: unknown): boolean {
  const meaning = meaningOf(error);
  return meaning === 'unknown' || meaning === 'not-executed' || meaning === 'future-revision';
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
