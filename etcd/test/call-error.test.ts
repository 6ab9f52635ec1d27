import { status } from '@grpc/grpc-js';
import test from 'ava';
import { EtcdCallError, meaningOf } from '../src/call-error.ts';

const dropped = 'Write error: Stream closed with error code NGHTTP2_REFUSED_STREAM (txn, https://etcd-0:2379)';

test('what a member refuses while it hands over or shuts down was not executed: it is sent again', (t) => {
  t.is(meaningOf(new EtcdCallError('raft proposal dropped', status.UNKNOWN, true)), 'not-executed');
  t.is(meaningOf(new EtcdCallError(dropped, status.UNAVAILABLE, true)), 'not-executed');
});

test('what was under way while users or roles changed was not executed: it is sent again', (t) => {
  for (const message of ['etcdserver: revision of auth store is old', 'etcdserver: user name is empty']) {
    t.is(meaningOf(new EtcdCallError(message, status.INVALID_ARGUMENT, true)), 'not-executed');
  }
  t.is(meaningOf(new EtcdCallError('etcdserver: permission denied', status.PERMISSION_DENIED, true)), 'refused');
});

test('after a broken connection the outcome is unknown', (t) => {
  for (const message of [
    'Connection dropped',
    'Stream closed with error code NGHTTP2_INTERNAL_ERROR',
    'read ECONNRESET',
  ]) {
    t.is(meaningOf(new EtcdCallError(message, status.UNAVAILABLE, true)), 'unknown');
  }
});
