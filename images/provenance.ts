/** What an image was made of and how: an in-toto statement with SLSA's provenance 1.0 (https://slsa.dev/spec/v1.0/provenance). */
import { hash } from 'node:crypto';

export interface Origin {
  readonly dockerfile: string;
  /** Reference of the base image, with its digest unless somebody chose another one. */
  readonly base: string;
  /** The commit. */
  readonly revision: string;
  /** SHA-256 of package-lock.json, which has a digest of each package. */
  readonly lock: string;
  readonly tool: string;
  readonly args: readonly string[];
  /** ISO 8601. */
  readonly started: string;
  readonly finished: string;
}

export interface Subject {
  readonly name: string;
  /** SHA-256 in hexadecimal digits. */
  readonly digest: string;
}

export function digestOf(content: string | Buffer): string {
  return hash('sha256', content);
}

export function provenanceOf({ name, digest }: Subject, origin: Origin): string {
  const [, base = origin.base, baseDigest] = /^(.*?)(?:@sha256:([0-9a-f]{64}))?$/.exec(origin.base) ?? [];
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256: digest } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'urn:kvstore:images/release.ts',
        externalParameters: { dockerfile: origin.dockerfile, arguments: origin.args },
        resolvedDependencies: [
          { name: 'source', digest: { gitCommit: origin.revision } },
          { name: 'package-lock.json', digest: { sha256: origin.lock } },
          { name: base, ...(baseDigest === undefined ? {} : { digest: { sha256: baseDigest } }) },
        ],
      },
      runDetails: {
        builder: { id: `urn:kvstore:${origin.tool}` },
        metadata: { startedOn: origin.started, finishedOn: origin.finished },
      },
    },
  };
  return `${JSON.stringify(statement, null, 2)}\n`;
}
