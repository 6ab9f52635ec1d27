/** Something a reconcile could not do. */
import { ForeignObjectError } from '../apply/ownership.ts';
import { PlainEtcdError } from '../etcd/plain-etcd-error.ts';
import { MissingCertificatesError } from '../etcd/tls/present-tls.ts';
import { hasStatus } from '../kube/kube-error.ts';
import { resources } from '../kube/resources.ts';
import type { KvStore } from '../kvstore.ts';
import { OpenStoreError } from '../status/condition/open.ts';
import { RefusedReferenceError } from './references.ts';
import { RestoreNotAllowedError } from './restore-permission.ts';

export interface Fault {
  readonly error: unknown;
  readonly message: string;
}

export function faultOf(error: unknown): Fault {
  return { error, message: error instanceof Error ? error.message : String(error) };
}

/** The reason that the condition Degraded gives. */
export function faultReason({ error }: Fault): string {
  if (error instanceof ForeignObjectError) return 'ObjectConflict';
  if (error instanceof PlainEtcdError) return 'EtcdWithoutTls';
  if (error instanceof MissingCertificatesError) return 'EtcdCertificatesMissing';
  if (isRefusal(error)) return 'Refused';
  if (hasStatus(error, 403)) return 'Forbidden';
  return 'ReconcileError';
}

/** Whether the Service that routes lead to has another owner. That of etcd's members is not meant: no route leads there. */
export function isServiceForeign({ metadata }: KvStore, faults: readonly Fault[]): boolean {
  return faults.some(
    ({ error }) =>
      error instanceof ForeignObjectError &&
      error.kind === resources.services.kind &&
      error.objectName === metadata.name,
  );
}

/**
 * Whether trying again can help before something changes: what the API server calls invalid stays invalid until the
 * KvStore is changed, and an object's owner gives it up by an act that a list or a watch shows.
 */
export function isPermanent({ error }: Fault): boolean {
  return error instanceof PlainEtcdError || isRefusal(error);
}

/** Server-side apply calls a field that the kind does not have a fault of the server. */
const unknownField = /field not declared in schema|failed to create typed patch object|unable to convert/;

/** What the operator itself refuses. */
const refusals = [RefusedReferenceError, RestoreNotAllowedError, OpenStoreError] as const;

function isRefusal(error: unknown): boolean {
  if (refusals.some((refusal) => error instanceof refusal)) return true;
  if (hasStatus(error, 400, 422)) return true;
  return hasStatus(error, 500) && unknownField.test(error.message);
}
