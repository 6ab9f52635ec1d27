/** Asks the service of this container whether it lives; for the image's HEALTHCHECK. Ends with 0 when it does, else with 1. */
import { nodeHttp } from '@kvstore/core/node-http.ts';

const { KV_PORT = '8080', KV_TLS_CERT_FILE = '' } = process.env;
const { get } = nodeHttp(KV_TLS_CERT_FILE === '' ? 'http:' : 'https:');
// The certificate is for the name that clients use, and over loopback there is no one else.
const request = get({ host: '127.0.0.1', port: KV_PORT, path: '/livez', agent: false, rejectUnauthorized: false });
request.on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1));
request.on('error', () => process.exit(1));
