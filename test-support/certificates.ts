/** Certificates for tests, made by openssl: an authority, and what it issues for loopback. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { needBinary } from './programs/binaries.ts';

const run = promisify(execFile);

/** Two PEM files. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** For servers at localhost and 127.0.0.1, and for clients. */
const config = `[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
`;

export class CertificateAuthority {
  readonly certFile: string;
  readonly #path: string;
  readonly #own: Certificate;
  #issued = 0;

  constructor(path: string, own: Certificate) {
    this.#path = path;
    this.#own = own;
    this.certFile = own.certFile;
  }

  /** Makes a new authority; its files and those of what it issues lie in the directory and begin with the name. */
  static async create(directory: string, name = 'ca'): Promise<CertificateAuthority> {
    const path = join(directory, name);
    await writeFile(`${path}.cnf`, config);
    return new CertificateAuthority(path, await request(path, path, name, ['-extensions', 'authority']));
  }

  /** Issues a certificate with a key of its own. @param hosts names besides those of loopback */
  async issue(commonName: string, hosts: readonly string[] = []): Promise<Certificate> {
    const { certFile, keyFile } = this.#own;
    const signed = ['-CA', certFile, '-CAkey', keyFile, '-extensions', 'leaf'];
    const path = `${this.#path}-${++this.#issued}`;
    await writeFile(`${path}.cnf`, `${config.trimEnd()}${hosts.map((host) => `, DNS:${host}`).join('')}\n`);
    return await request(path, path, commonName, signed);
  }
}

async function request(authority: string, path: string, name: string, flags: readonly string[]): Promise<Certificate> {
  const made = { certFile: `${path}.crt`, keyFile: `${path}.key` };
  await run(needBinary('openssl'), [
    ...['req', '-x509', '-config', `${authority}.cnf`, '-subj', `/CN=${name}`, '-nodes', '-days', '2'],
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-keyout', made.keyFile, '-out', made.certFile],
    ...flags,
  ]);
  return made;
}
