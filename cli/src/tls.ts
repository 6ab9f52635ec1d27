/** The files of TLS, and where a token must not go without it. */
import { existsSync } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import { isLoopback } from '@kvstore/core/loopback.ts';
import { CliError, exitCodes } from './exit-codes.ts';
import { readNamed } from './named-file.ts';

export interface TlsFileOptions {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the files at each call, so that they may be replaced while a command runs. Without them, the authorities that Node
 * knows are trusted; so they are when KV_CA_FILE names a file that is not there, as in a pod whose certificate is that of a
 * public authority.
 * @param warn is called once in that case
 * @throws CliError (usage) here when the options do not go together, and from the function when a file cannot be read
 */
export function tlsFiles(
  options: TlsFileOptions,
  env: Env,
  url: URL,
  warn: (text: string) => void = () => {},
): () => SecureContextOptions {
  const given = Object.entries(names).filter(([name]) => options[name as keyof TlsFileOptions] !== undefined);
  const [unused] = given;
  if (url.protocol === 'http:') {
    // A variable may be there for other stores; what was typed was meant for this one.
    if (unused !== undefined)
      throw new CliError(`${unused[1].flag} needs an https URL, not ${url.href}`, exitCodes.usage);
    return () => ({});
  }
  const file = (name: keyof TlsFileOptions) => options[name] ?? (env[names[name].variable] || undefined);
  const [ca, cert, key] = [file('caFile'), file('certFile'), file('keyFile')];
  if ((cert === undefined) !== (key === undefined)) {
    throw new CliError('--cert-file and --key-file go together', exitCodes.usage);
  }
  let warned = false;
  const isMissing = () => {
    // What was typed was meant.
    if (ca === undefined || options.caFile !== undefined || existsSync(ca)) return false;
    if (!warned)
      warn(`warning: KV_CA_FILE: there is no ${ca}; the store is checked against the authorities that Node knows`);
    warned = true;
    return true;
  };
  return () => ({
    ...(ca === undefined || isMissing() ? {} : { ca: readNamed('the certificate authority', ca) }),
    ...(cert === undefined ? {} : { cert: readNamed('the client certificate', cert) }),
    ...(key === undefined ? {} : { key: readNamed("the client certificate's key", key) }),
  });
}

const names = {
  caFile: { flag: '--ca-file', variable: 'KV_CA_FILE' },
  certFile: { flag: '--cert-file', variable: 'KV_CERT_FILE' },
  keyFile: { flag: '--key-file', variable: 'KV_KEY_FILE' },
} as const;

/** Undefined: others on the way cannot read what is sent there. */
export function plainTextWarning({ protocol, hostname, host }: URL): string | undefined {
  if (protocol === 'https:' || isLoopback(hostname)) return undefined;
  return `warning: the token goes to ${host} over plain http, where others on the way can read it; use https`;
}
