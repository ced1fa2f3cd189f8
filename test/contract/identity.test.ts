import fc from 'fast-check';
import {
  admits,
  ANY_CALLER,
  ContractError,
  gatewayDocument,
  parseDocument,
  toolsetDocument,
  trustDocument,
  type DocumentDefinition,
} from 'agentyard/contract';
import { goldenDocument } from './golden';

function faultsOf(definition: DocumentDefinition, document: unknown): string[] {
  try {
    parseDocument(definition, JSON.stringify(document));
    return [];
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.faults.map(({ path, message }) => `${path} ${message}`);
  }
}

describe('admits', () => {
  const roles = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));

  it('takes callers with one of the roles, and no others', () => {
    fc.assert(
      fc.property(roles, roles, (allowed, held) => {
        expect(admits(allowed, held)).toBe(allowed.some((role) => held.includes(role)));
      }),
    );
  });

  it('takes everybody only if that is said, and nobody by an empty list', () => {
    expect(admits(ANY_CALLER, [])).toBe(true);
    expect(admits([], ['a', ANY_CALLER])).toBe(false);
    expect(admits(['a'], [ANY_CALLER])).toBe(false);
  });
});

describe('who may call a gateway', () => {
  const auth = (value: unknown) => faultsOf(gatewayDocument, { ...goldenDocument('gateway'), auth: value });
  const issuer = (more: object = {}) => ({ issuer: 'https://a.example.com', audiences: ['x'], roles: [], ...more });
  const introspection = (more: object = {}) => ({
    endpoint: 'https://a.example.com/introspect',
    clientId: 'gateway',
    credentials: { clientSecretFile: '/secrets/client-secret' },
    tokens: 'opaque',
    ...more,
  });
  const credentials = (more: object) => ({ mode: 'credentials', ...more });

  it.each<[string, unknown, string[]]>([
    ['nothing that would count', credentials({}), ['$.auth names no credential that would count']],
    [
      'an issuer twice',
      credentials({ issuers: [issuer(), issuer()] }),
      ['$.auth.issuers[1].issuer "https://a.example.com" is listed twice'],
    ],
    [
      'an algorithm with a shared secret',
      credentials({ issuers: [issuer({ algorithms: ['HS256'] })] }),
      [expect.stringMatching(/^\$\.auth\.issuers\[0\]\.algorithms\[0\] /)],
    ],
    [
      'no audience',
      credentials({ issuers: [issuer({ audiences: [] })] }),
      [expect.stringMatching(/^\$\.auth\.issuers\[0\]\.audiences /)],
    ],
    [
      'every caller as a role',
      credentials({ issuers: [issuer({ roles: ['*'] })] }),
      [expect.stringMatching(/^\$\.auth\.issuers\[0\]\.roles\[0\] must be 1 to 128/)],
    ],
    [
      'a scope that would break a header',
      credentials({ issuers: [issuer()], resource: { url: 'https://x.example.com', scopes: ['a"b'] } }),
      [expect.stringMatching(/^\$\.auth\.resource\.scopes\[0\] must be a scope/)],
    ],
    [
      'a scope that asks for a refresh token',
      credentials({ issuers: [issuer()], resource: { url: 'https://x.example.com', scopes: ['a', 'offline_access'] } }),
      [expect.stringMatching(/^\$\.auth\.resource\.scopes\[1\] is not for the gateway/)],
    ],
    [
      'a scope that stands for nothing, and one that is none',
      credentials({ issuers: [issuer({ impliedScopes: { admin: [], use: ['a b'] } })] }),
      [
        expect.stringMatching(/^\$\.auth\.issuers\[0\]\.impliedScopes\.admin /),
        expect.stringMatching(/^\$\.auth\.issuers\[0\]\.impliedScopes\.use\[0\] must be a scope/),
      ],
    ],
    [
      'two issuers of opaque tokens',
      credentials({
        issuers: [
          issuer({ introspection: introspection() }),
          issuer({ issuer: 'https://b.example.com', introspection: introspection({ tokens: 'jwt' }) }),
          issuer({ issuer: 'https://c.example.com', introspection: introspection({ tokens: 'all' }) }),
        ],
      }),
      [
        '$.auth.issuers[2].introspection.tokens "https://a.example.com" takes opaque tokens already, which do not say whose they are, so its own would be shown to "https://c.example.com"; take them of one issuer, and "jwt" of the others',
      ],
    ],
    [
      'a client secret in the document',
      credentials({ issuers: [issuer({ introspection: introspection({ credentials: { clientSecret: 'x' } }) })] }),
      [
        expect.stringMatching(/^\$\.auth\.issuers\[0\]\.introspection\.credentials\.clientSecretFile /),
        expect.stringMatching(/^\$\.auth\.issuers\[0\]\.introspection\.credentials\.clientSecret /),
      ],
    ],
    [
      'introspection that does not say of what, and where',
      credentials({ issuers: [issuer({ introspection: introspection({ tokens: undefined, endpoint: 'x' }) })] }),
      [
        expect.stringMatching(/^\$\.auth\.issuers\[0\]\.introspection\.endpoint /),
        expect.stringMatching(/^\$\.auth\.issuers\[0\]\.introspection\.tokens /),
      ],
    ],
    ['another mode', { mode: 'open' }, [expect.stringMatching(/^\$\.auth\.mode /)]],
  ])('refuses %s', (_, value, faults) => {
    expect(auth(value)).toEqual(faults);
  });

  it('needs to be said of each agent and tool: what is absent admits nobody', () => {
    const document = goldenDocument('gateway') as any;
    delete document.agents[0].allowedRoles;
    delete document.toolsets[0].tools[0].allowedRoles;
    expect(faultsOf(gatewayDocument, document)).toEqual([
      '$.agents[0].allowedRoles must be a list of roles, or "*" for every caller',
      '$.toolsets[0].tools[0].allowedRoles must be a list of roles, or "*" for every caller',
    ]);
  });
});

describe('who may call a toolset', () => {
  it('is each service once, with tools that there are', () => {
    const document = goldenDocument('toolset') as any;
    const [caller] = document.identity.callers;
    document.identity.callers = [caller, { ...caller, tools: ['nonsense'], ownTools: ['other'] }];
    expect(faultsOf(toolsetDocument, document)).toEqual([
      `$.identity.callers[1].subject "${caller.subject}" is listed twice`,
      '$.identity.callers[1].tools[0] no tool "nonsense" in $.tools',
      '$.identity.callers[1].ownTools[0] no tool "other" in $.tools',
    ]);
  });
});

describe('trust.json', () => {
  const trust = (more: object) => ({
    kind: 'Trust',
    version: 1,
    name: 'app-trust',
    namespace: 'agents',
    bundles: [],
    gateways: [],
    rotation: { everyMs: 86_400_000, leadMs: 1_800_000, keepMs: 3_600_000 },
    ...more,
  });
  const gateway = { issuer: 'agentyard:front/gateway', namespace: 'front', secret: 'gateway-signing-keys' };

  it('names each gateway once', () => {
    expect(faultsOf(trustDocument, trust({ gateways: [gateway, gateway] }))).toEqual([
      '$.gateways[1].issuer "agentyard:front/gateway" is listed twice',
    ]);
  });

  it('keeps keys for longer than any user claim counts', () => {
    const rotation = { everyMs: 86_400_000, leadMs: 1_800_000, keepMs: 900_000 };
    expect(faultsOf(trustDocument, trust({ rotation }))).toEqual([expect.stringMatching(/^\$\.rotation\.keepMs /)]);
  });
});
