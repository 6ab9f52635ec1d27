/** Asks the service of this container whether it lives; for the image's HEALTHCHECK. Ends with 0 when it does, else with 1. */
import { get } from 'node:http';
import { get as getOverTls } from 'node:https';

const { KV_PORT = '8080', KV_TLS_CERT_FILE = '' } = process.env;
const options = { host: '127.0.0.1', port: KV_PORT, path: '/livez', agent: false };
// The certificate is for the name that clients use, and over loopback there is no one else.
const request = KV_TLS_CERT_FILE === '' ? get(options) : getOverTls({ ...options, rejectUnauthorized: false });
request.on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.on('error', () => process.exit(1));
