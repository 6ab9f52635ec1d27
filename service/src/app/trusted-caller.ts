/** Who may say that a request belongs to a trace and is to be recorded: a caller that the service answers. */
import type { TLSSocket } from 'node:tls';
import type { Tokens } from '../auth/token-file.ts';
import type { Config } from '../config.ts';
import type { Trusts } from '../telemetry/tracing/tracing.ts';
import { tokenOf } from './authorize.ts';

type Settings = Pick<Config, 'trustTraceHeaders' | 'tlsClientCaFile'>;

export function trustedCaller({ trustTraceHeaders, tlsClientCaFile }: Settings, tokens: Tokens | undefined): Trusts {
  if (!trustTraceHeaders) return () => false;
  const needsCertificate = tlsClientCaFile !== undefined;
  return ({ headers, socket }) => {
    if (needsCertificate && !(socket as TLSSocket).authorized) return false;
    return tokens === undefined || tokenOf(headers, tokens) !== undefined;
  };
}
