/** HTTPS with an authority of one's own, client certificates, and tokens that would go in the clear. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { CertificateAuthority } from '../../../test-support/certificates.ts';
import { startService } from '../../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../../test-support/temporary-folder.ts';
import { cli } from '../support/cli.ts';

async function startSecure(
  t: ExecutionContext,
  more: (authority: CertificateAuthority) => Record<string, string> = () => ({}),
) {
  const folder = temporaryFolder(t);
  const authority = await CertificateAuthority.create(folder);
  const { certFile, keyFile } = await authority.issue('service');
  const files = { KV_TLS_CERT_FILE: certFile, KV_TLS_KEY_FILE: keyFile, ...more(authority) };
  const { url } = await startService(t, { env: { KV_DATA_DIR: join(folder, 'data'), ...files } });
  return { url, folder, authority };
}

test('an authority is trusted by --ca-file or KV_CA_FILE; without it nothing is sent, and nothing is tried again', async (t) => {
  const { url, authority } = await startSecure(t);
  const ca = authority.certFile;
  t.is((await cli(t, ['set', 'a', '1', '--ca-file', ca], { url })).code, 0);
  t.like(await cli(t, ['get', 'a'], { url, env: { KV_CA_FILE: ca } }), { code: 0, stdout: '1\n', stderr: '' });
  const untrusted = await cli(t, ['get', 'a'], { url });
  t.is(untrusted.code, 6);
  t.regex(untrusted.stderr, /^kvstore-cli: https:.*; --ca-file names the authority to trust\n$/);
  const otherName = await cli(t, ['get', 'a', '--ca-file', ca], { url: url.replace('127.0.0.1', '0.0.0.0') });
  t.is(otherName.code, 6);
  t.regex(
    otherName.stderr,
    /^kvstore-cli: https:.*altnames: IP: 0\.0\.0\.0 is not in the cert's list: 127\.0\.0\.1\n$/,
  );
});

test("a file of KV_OPTIONAL_CA_FILE that is not there is named, and Node's authorities are trusted instead", async (t) => {
  const { url, authority, folder } = await startSecure(t);
  const env = { KV_OPTIONAL_CA_FILE: join(folder, 'none') };
  const untrusted = await cli(t, ['get', 'a'], { url, env });
  t.is(untrusted.code, 6);
  t.regex(
    untrusted.stderr,
    /^kvstore-cli: warning: KV_OPTIONAL_CA_FILE: there is no \S+none; the store is checked against/,
  );
  t.is(untrusted.stderr.match(/warning/g)?.length, 1);
  // As if Node knew the authority.
  const known = { ...env, NODE_EXTRA_CA_CERTS: authority.certFile };
  const quiet = await cli(t, ['set', 'a', '1', '-q'], { url, env: known });
  t.is(quiet.code, 0);
  t.regex(quiet.stderr, /warning: KV_OPTIONAL_CA_FILE: there is no \S+none;/, 'with -q, too');
  const named = { KV_OPTIONAL_CA_FILE: authority.certFile };
  t.like(await cli(t, ['get', 'a'], { url, env: named }), { code: 0, stdout: '1\n', stderr: '' });
  const other = (await CertificateAuthority.create(folder, 'other')).certFile;
  const both = { ...named, KV_CA_FILE: other };
  t.is((await cli(t, ['get', 'a'], { url, env: both })).code, 6, 'KV_CA_FILE counts before it');
});

test("an authority's file that the user names and that is not there, or that cannot be read, ends the command", async (t) => {
  const { url, authority, folder } = await startSecure(t);
  // As if Node knew the authority.
  const known = { NODE_EXTRA_CA_CERTS: authority.certFile };
  t.is((await cli(t, ['set', 'a', '1'], { url, env: known })).code, 0);
  const [none, below] = [join(folder, 'none'), join(authority.certFile, 'below')];
  for (const [flags, variables, fault] of [
    [['--ca-file', none], {}, 'ENOENT'],
    [['--ca-file', none], { KV_OPTIONAL_CA_FILE: authority.certFile }, 'ENOENT'],
    [[], { KV_CA_FILE: none }, 'ENOENT'],
    [[], { KV_CA_FILE: none, KV_OPTIONAL_CA_FILE: none }, 'ENOENT'],
    [[], { KV_CA_FILE: folder }, 'EISDIR'],
    [[], { KV_OPTIONAL_CA_FILE: folder }, 'EISDIR'],
    [[], { KV_OPTIONAL_CA_FILE: below }, 'ENOTDIR'],
  ] as const) {
    const { code, stdout, stderr } = await cli(t, ['get', 'a', ...flags], { url, env: { ...known, ...variables } });
    t.deepEqual([code, stdout], [2, ''], JSON.stringify([flags, variables]));
    t.regex(stderr, new RegExp(`^kvstore-cli: the certificate authority: ${fault}`));
  }
});

test('a store that asks for client certificates is used with --cert-file and --key-file', async (t) => {
  const { url, authority } = await startSecure(t, ({ certFile }) => ({ KV_TLS_CLIENT_CA_FILE: certFile }));
  const { certFile, keyFile } = await authority.issue('client');
  const ca = ['--ca-file', authority.certFile];
  const flags = [...ca, '--cert-file', certFile, '--key-file', keyFile];
  t.is((await cli(t, ['set', 'a', '1', ...flags], { url })).code, 0);
  const env = { KV_CA_FILE: authority.certFile, KV_CERT_FILE: certFile, KV_KEY_FILE: keyFile };
  t.is((await cli(t, ['get', 'a'], { url, env })).stdout, '1\n');
  const without = await cli(t, ['get', 'a', ...ca], { url });
  t.is(without.code, 5);
  t.regex(without.stderr, /certificate-required/);
});

test('options that cannot be used are wrong use', async (t) => {
  const url = 'https://127.0.0.1:1';
  const half = await cli(t, ['get', 'a', '--cert-file', '/none'], { url });
  t.deepEqual([half.code, half.stderr], [2, 'kvstore-cli: --cert-file and --key-file go together\n']);
  const missing = await cli(t, ['get', 'a', '--ca-file', '/none'], { url });
  t.is(missing.code, 2);
  t.regex(missing.stderr, /^kvstore-cli: the certificate authority: ENOENT/);
  const plain = await cli(t, ['get', 'a', '--ca-file', '/none'], { url: 'http://127.0.0.1:1' });
  t.deepEqual([plain.code, plain.stderr], [2, 'kvstore-cli: --ca-file needs an https URL, not http://127.0.0.1:1/\n']);
});

test('before a token goes over plain http to anything but loopback there is one warning, and its text is not in it', async (t) => {
  const store = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), KV_HOSTS: '*' } });
  const { port } = new URL(store.url);
  // Leads to loopback, but does not say so.
  const url = `http://0.0.0.0:${port}`;
  const warning = `kvstore-cli: warning: the token goes to 0.0.0.0:${port} over plain http, where others on the way can read it; use https\n`;
  const token = ['--token', 'secret-text'];
  const input = '{"key":"a","value":1}\n{"key":"b","value":1}\n';
  const imported = await cli(t, ['import', ...token], { url, input });
  t.is(imported.code, 0);
  t.deepEqual(
    imported.stderr.split('\n').filter((line) => line.includes('warning')),
    [warning.trimEnd()],
  );
  t.true(imported.stderr.startsWith(warning));
  t.is((await cli(t, ['get', 'a', ...token, '--quiet'], { url })).stderr, '');
  t.is((await cli(t, ['get', 'a'], { url })).stderr, '', 'without a token');
  t.is((await cli(t, ['get', 'a', ...token], { url: store.url })).stderr, '', 'to loopback');
});
