import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { expectGoldenFolder } from './golden';
import { synthesis } from './synthesis';

const APP = path.join(__dirname, '../../apps/code-gateway.ts');

/** An object of a manifest; loose, since tests look at what they name. */
type Manifest = any;

const objectsOf = (manifests: Readonly<Record<string, string>>): Manifest[] =>
  Object.values(manifests).flatMap((text) => parseAllDocuments(text).map((document) => document.toJS()));

describe('apps/code-gateway.ts', () => {
  let objects: Manifest[];
  const object = (kind: string, name: string): Manifest =>
    objects.find(({ kind: k, metadata }) => k === kind && metadata.name === name);

  beforeAll(() => {
    objects = objectsOf(synthesis(APP));
  });

  it('synthesizes the reviewed manifests, with the Keycloak operator', () => {
    expectGoldenFolder(path.join(__dirname, 'golden/code-gateway'), synthesis(APP));
  });

  it('synthesizes the reviewed manifests, with a realm file for a Keycloak of elsewhere', () => {
    const manifests = synthesis(APP, { CODE_GATEWAY_DELIVERY: 'file' });
    expectGoldenFolder(path.join(__dirname, 'golden/code-gateway-realm-file'), manifests);
    const file = objectsOf(manifests).find(({ metadata }) => metadata.name === 'mcp-realm')?.data;
    // What a variable stands for when it is not set is said in files alone: the operator sets all of them.
    const text = file['mcp-realm-realm.json'].replaceAll(/(\$\{REALM_\w+):[^}]*\}/g, '$1}');
    expect(JSON.parse(text)).toEqual(object('KeycloakRealmImport', 'mcp-realm').spec.realm);
  });

  it('has what architecture D lists, by its names', () => {
    expect(object('KeycloakRealmImport', 'mcp-realm').spec.realm).toMatchObject({
      realm: 'mcp-realm',
      clients: expect.arrayContaining([expect.objectContaining({ clientId: 'mcp-gateway-client' })]),
      roles: {
        realm: expect.arrayContaining(
          ['mcp-admin', 'mcp-log-analyst', 'mcp-viewer'].map((name) => expect.objectContaining({ name })),
        ),
      },
    });
    expect(object('Deployment', 'mcp-gateway').spec.replicas).toBe(2);
    const [sandbox] = object('Deployment', 'log-analysis').spec.template.spec.containers;
    expect(sandbox.resources).toMatchObject({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { cpu: '500m', memory: '512Mi' },
    });
    expect(object('Route', 'mcp-mcp').spec.tls).toMatchObject({ termination: 'edge' });
    expect(object('ClusterLogForwarder', 'mcp-audit').spec.outputs).toHaveLength(1);
  });

  it('opens the gateway to the router, to Keycloak’s pods and the sandbox, and the sandbox to nothing', () => {
    const { egress, ingress } = object('NetworkPolicy', 'mcp-gateway').spec;
    const peers = (rules: Manifest[], side: 'to' | 'from') =>
      rules.flatMap((rule) => rule[side].map(({ podSelector }: Manifest) => podSelector.matchLabels));
    expect(peers(ingress, 'from')).toContainEqual({
      'ingresscontroller.operator.openshift.io/deployment-ingresscontroller': 'default',
    });
    expect(peers(egress, 'to')).toContainEqual({ app: 'keycloak', 'app.kubernetes.io/instance': 'keycloak' });
    expect(object('NetworkPolicy', 'log-analysis').spec).not.toHaveProperty('egress');
  });

  it('holds no password and no secret', () => {
    const { realm } = object('KeycloakRealmImport', 'mcp-realm').spec;
    const values = JSON.stringify(realm).match(/"(secret|value)":"[^"]*"/g) ?? [];
    expect(values.length).toBeGreaterThan(0);
    for (const value of values) expect(value).toMatch(/:"\$\{[A-Z0-9_]+\}"$/);
  });
});
