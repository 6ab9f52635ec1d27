/** An Ingress controller that knows ServersTransports: that of the cluster, or one that is started beside it for a test. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { ExecutionContext } from 'ava';
import { freePorts } from '../../test-support/network/free-ports.ts';
import { apply, kubectl } from './kubectl.ts';
import { ingressUrl } from './kvstore.ts';

/** All kinds that Traefik's provider waits for, by the plural that the API has. */
const kinds: Readonly<Record<string, string>> = {
  ingressroutes: 'IngressRoute',
  ingressroutetcps: 'IngressRouteTCP',
  ingressrouteudps: 'IngressRouteUDP',
  middlewares: 'Middleware',
  middlewaretcps: 'MiddlewareTCP',
  serverstransports: 'ServersTransport',
  serverstransporttcps: 'ServersTransportTCP',
  tlsoptions: 'TLSOption',
  tlsstores: 'TLSStore',
  traefikservices: 'TraefikService',
};

const group = 'traefik.io';

/** Where it answers. k3s's own Traefik has these kinds; on a cluster without them, the program `traefik` is needed here. */
export async function traefikWithServersTransports(t: ExecutionContext): Promise<string> {
  const known = await kubectl('get', 'crd', `serverstransports.${group}`, '--ignore-not-found', '-o', 'name');
  if (known !== '') return ingressUrl;
  const names = Object.keys(kinds).map((plural) => `${plural}.${group}`);
  t.teardown(() => kubectl('delete', 'crd', ...names, '--ignore-not-found', '--wait=false'));
  for (const [plural, kind] of Object.entries(kinds)) await apply(definitionOf(plural, kind));
  await kubectl('wait', '--for=condition=Established', '--timeout=30s', 'crd', ...names);
  const [port = 0] = await freePorts(1);
  const providers = ['--providers.kubernetesingress=true', '--providers.kubernetescrd=true'];
  const quiet = ['--global.checknewversion=false', '--global.sendanonymoususage=false', '--log.level=ERROR'];
  const words = [`--entrypoints.web.address=127.0.0.1:${port}`, ...providers, ...quiet];
  await promisify(execFile)('traefik', ['version']);
  const traefik = spawn('traefik', words, { stdio: 'inherit' });
  t.teardown(async () => {
    const ended = once(traefik, 'exit');
    if (traefik.exitCode === null && traefik.kill()) await ended;
  });
  return `http://127.0.0.1:${port}`;
}

/** Without a schema: it is Traefik that is asked, not the API server. */
function definitionOf(plural: string, kind: string): object {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema }],
    },
  };
}
