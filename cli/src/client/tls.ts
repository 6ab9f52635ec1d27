/** The files of TLS, and where a token must not go without it. */
import type { SecureContextOptions } from 'node:tls';
import { isLoopback } from '@kvstore/core/loopback.ts';
import { CliError, exitCodes } from '../exit-codes.ts';
import { readIfThere, readNamed } from '../named-file.ts';

export interface TlsFileOptions {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads the files at each call, so that they may be replaced while a command runs. A file that the user names has to be
 * there: a slip in its name must not make the command trust public authorities, and send a token to a store that one of
 * them vouches for. They are trusted when no file is named, and when KV_OPTIONAL_CA_FILE alone names one that is not there.
 * @param warn is called once in the second case
 * @throws CliError (usage) here when the options do not go together, and from the function when a file cannot be read
 */
export function tlsFiles(
  options: TlsFileOptions,
  env: Env,
  url: URL,
  warn: (text: string) => void,
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
  const authority = (): Buffer | undefined => {
    if (ca !== undefined) return readNamed(whatCaIs, ca);
    const optional = env[optionalCa];
    if (optional === undefined || optional === '') return undefined;
    const found = readIfThere(whatCaIs, optional);
    if (found === undefined && !warned) {
      warned = true;
      warn(
        `warning: ${optionalCa}: there is no ${optional}; the store is checked against the authorities that Node knows`,
      );
    }
    return found;
  };
  return () => ({
    ca: authority(),
    ...(cert === undefined ? {} : { cert: readNamed('the client certificate', cert) }),
    ...(key === undefined ? {} : { key: readNamed("the client certificate's key", key) }),
  });
}

const whatCaIs = 'the certificate authority';

/** For pods: the operator cannot know whether a Secret has a ca.crt, and that of a public authority's certificate has none. */
const optionalCa = 'KV_OPTIONAL_CA_FILE';

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
