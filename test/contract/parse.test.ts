import fc from 'fast-check';
import {
  agentDocument,
  agentInvokeRequest,
  ContractError,
  egressProxyDocument,
  gatewayDocument,
  invokeRequest,
  invokeResponse,
  parseDocument,
  parseValue,
  problem,
  problemOf,
  PROBLEMS,
  streamEvent,
  toolsetDocument,
  toolsetManifest,
  type DocumentDefinition,
  type ProblemCode,
} from 'agentyard/contract';
import { goldenDocument } from './golden';

const faultsOf = (run: () => unknown): string[] => {
  try {
    run();
  } catch (error) {
    if (error instanceof ContractError) return error.faults.map((fault) => `${fault.path} ${fault.message}`);
    throw error;
  }
  return [];
};

const parse = (definition: DocumentDefinition, value: unknown) =>
  faultsOf(() => parseDocument(definition, JSON.stringify(value)));

const DEFINITIONS: [string, DocumentDefinition][] = [
  ['gateway', gatewayDocument],
  ['agent', agentDocument],
  ['toolset', toolsetDocument],
  ['egress-proxy', egressProxyDocument],
];

describe.each(DEFINITIONS)('%s.json', (name, definition) => {
  const golden = () => goldenDocument(name);

  it('accepts the golden document and gives it back frozen', () => {
    const document = parseDocument(definition, JSON.stringify(golden())) as Record<string, unknown>;
    expect(document).toEqual(golden());
    expect(Object.isFrozen(document)).toBe(true);
    expect(Object.isFrozen(document.shutdown)).toBe(true);
  });

  it('refuses unknown keys wherever they stand, each with its path', () => {
    const document = golden();
    document.surprise = 1;
    document.listen = { port: 8080, hots: 'x' };
    expect(parse(definition, document)).toEqual([
      '$.listen.hots unknown key; remove it',
      '$.surprise unknown key; remove it',
    ]);
  });

  it('reports all faults, not the first', () => {
    const document = golden();
    document.name = 'Not A Label';
    document.listen = { port: 0 };
    delete document.shutdown;
    expect(parse(definition, document).map((fault) => fault.split(' ')[0])).toEqual([
      '$.name',
      '$.listen.port',
      '$.shutdown',
    ]);
  });

  it('refuses a newer version with the remedy, and nothing else', () => {
    expect(parse(definition, { ...golden(), version: 2, future: true })).toEqual([
      '$.version version 2 is not supported, this runtime reads 1; upgrade the runtime image to the version of the library that wrote the document',
    ]);
  });

  it('refuses the document of another runtime', () => {
    expect(parse(definition, { ...golden(), kind: 'Other' })[0]).toMatch(/^\$\.kind /);
  });

  it('refuses what is not JSON without a stack trace', () => {
    expect(faultsOf(() => parseDocument(definition, '{'))[0]).toMatch(/^\$ not JSON, at position 1/);
  });

  it('never throws anything but a ContractError, whatever it is given', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(faultsOf(() => parseDocument(definition, text))).not.toEqual([]);
      }),
    );
  });
});

describe('rules across a document', () => {
  const withRoutes = (change: (document: ReturnType<typeof base>) => void) => {
    const document = base();
    change(document);
    return parse(gatewayDocument, document);
  };
  const base = () =>
    structuredClone(goldenDocument('gateway')) as unknown as {
      agents: { name: string }[];
      agentTools: string[];
      auth: Record<string, unknown>;
      routes: {
        name: string;
        match: Record<string, unknown>;
        backends: { agent: string; weight: number }[];
        affinity?: Record<string, unknown>;
      }[];
      outlierDetection: Record<string, unknown>;
      toolsets: { tools: { as: string }[] }[];
    };

  it('a route may name only agents of the document', () => {
    const faults = withRoutes((d) => {
      d.routes[0]!.match = { by: 'agent', agent: 'ghost' };
      d.routes[1]!.backends[0]!.agent = 'spectre';
    });
    expect(faults).toEqual([
      '$.routes[0].match.agent no agent "ghost" in $.agents',
      '$.routes[1].backends[0].agent no agent "spectre" in $.agents',
    ]);
  });

  it('names are unique, and a route needs a weight above 0', () => {
    const faults = withRoutes((d) => {
      d.agents.push(d.agents[0]!);
      d.routes[1]!.name = d.routes[0]!.name;
      d.routes[1]!.backends[0]!.weight = 0;
      d.toolsets[0]!.tools[1]!.as = d.toolsets[0]!.tools[0]!.as;
    });
    expect(faults).toEqual([
      '$.agents[1].name agent "support" is listed twice',
      '$.routes[1].name route "by-name" is listed twice',
      '$.routes[1].backends at least one weight must be above 0',
      '$.toolsets[0].tools[1].as "log_store" is offered twice',
    ]);
  });

  it('an agent that is offered as a tool has a route, and a name of its own', () => {
    const faults = withRoutes((d) => {
      d.agents.push({ ...d.agents[0]!, name: 'log-analysis' }, { ...d.agents[0]!, name: 'idle' });
      d.toolsets[0]!.tools[0]!.as = 'support';
      d.routes[1]!.backends.push({ agent: 'log-analysis', weight: 1 });
      d.agentTools = ['support', 'support', 'idle', 'log-analysis'];
    });
    expect(faults).toEqual([
      '$.agentTools[0] "support" is the name of a tool, too',
      '$.agentTools[1] "support" is listed twice',
      '$.agentTools[1] "support" is the name of a tool, too',
      '$.agentTools[2] "idle" is named by no route',
      '$.agentTools[3] "log-analysis" is the name of a toolset or server, too',
    ]);
  });

  it('an intent pattern must be RE2', () => {
    const faults = withRoutes((d) => (d.routes[0]!.match = { by: 'intent', pattern: '(?=a)' }));
    expect(faults[0]).toMatch(/^\$\.routes\[0\]\.match\.pattern must be a regular expression in RE2 syntax/);
  });

  it.each([
    ['Upper-Case', 'must be the name of a header field, in lower case'],
    ['two words', 'must be the name of a header field, in lower case'],
    ['', 'must be the name of a header field, in lower case'],
    ['cookie', 'must be a field that carries no credentials and belongs to the request, not to its connection'],
    [
      'transfer-encoding',
      'must be a field that carries no credentials and belongs to the request, not to its connection',
    ],
  ])('no route goes by the header %j', (name, message) => {
    const faults = withRoutes((d) => (d.routes[0]!.match.headers = [{ by: 'value', name, value: 'x' }]));
    expect(faults).toEqual([`$.routes[0].match.headers[0].name ${message}`]);
  });

  it('conditions of a route are not empty, name a header once, and have values that can arrive', () => {
    const faults = withRoutes((d) => {
      Object.assign(d.routes[0]!.match, { headers: [], callerRoles: [] });
      d.routes[1]!.match.headers = [
        { by: 'value', name: 'x-a', value: ' blank' },
        { by: 'pattern', name: 'x-b', pattern: '(?=a)' },
        { by: 'pattern', name: 'x-c', pattern: 'a', value: 'a' },
      ];
      d.routes[1]!.match.callerRoles = ['*'];
    });
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([
      '$.routes[0].match.headers',
      '$.routes[0].match.callerRoles',
      '$.routes[1].match.headers[0].value',
      '$.routes[1].match.headers[1].pattern',
      '$.routes[1].match.headers[2].value',
      '$.routes[1].match.callerRoles[0]',
    ]);
    const header = { by: 'value', name: 'x-a', value: 'a' };
    expect(withRoutes((d) => (d.routes[0]!.match.headers = [header, header]))).toEqual([
      '$.routes[0].match.headers[1].name header "x-a" is listed twice',
    ]);
    const many = Array.from({ length: 17 }, (_, i) => ({ ...header, name: `x-${i}` }));
    expect(withRoutes((d) => (d.routes[0]!.match.headers = many))[0]).toMatch(/^\$\.routes\[0\]\.match\.headers /);
  });

  it('an affinity is by session or user, with a load factor of 1 or more, and by user only where users are known', () => {
    const affinity = (value: Record<string, unknown>) => withRoutes((d) => (d.routes[0]!.affinity = value));
    expect(affinity({ by: 'session' })).toEqual([]);
    expect(affinity({ by: 'user', loadFactor: 1 })).toEqual([]);
    expect(affinity({ by: 'cookie' })[0]).toMatch(/^\$\.routes\[0\]\.affinity\.by /);
    for (const loadFactor of [0.99, 100.1, '1.25']) {
      expect(affinity({ by: 'user', loadFactor })[0]).toMatch(/^\$\.routes\[0\]\.affinity\.loadFactor /);
    }
    const open = withRoutes((d) => {
      d.auth = { mode: 'none' };
      d.routes[0]!.affinity = { by: 'user' };
      d.routes[1]!.affinity = { by: 'session' };
    });
    expect(open).toEqual([
      '$.routes[0].affinity.by must be "session", since nobody is known where `auth` has the mode "none"',
    ]);
  });

  it.each<[string, unknown]>([
    ['consecutiveFailures', 0],
    ['baseEjectionMs', 0],
    ['maxEjectionMs', 29_999],
    ['maxEjectedPercent', 91],
    ['maxEjectedPercent', -1],
    ['probe.path', 'readyz'],
    ['probe.path', '/a b'],
    ['probe.intervalMs', 9],
    ['probe.timeoutMs', 1.5],
  ])('outlierDetection.%s is not %j', (name, value) => {
    const [first = '', second] = name.split('.');
    const faults = withRoutes(
      (d) => (d.outlierDetection = { [first]: second === undefined ? value : { [second]: value } }),
    );
    expect(faults.map((fault) => fault.split(' ')[0])).toEqual([`$.outlierDetection.${name}`]);
  });

  it('a script says something in its last step and nowhere else', () => {
    const agent = structuredClone(goldenDocument('agent')) as { model: { rules: unknown[] } };
    agent.model.rules = [{ steps: [{ calls: [{ tool: 'a', input: {} }] }] }, { steps: [{ say: 'a' }, { say: 'b' }] }];
    expect(parse(agentDocument, agent).map((fault) => fault.split(' ')[0])).toEqual([
      '$.model.rules[0].steps',
      '$.model.rules[1].steps',
    ]);
  });

  it('a base URL carries no credentials', () => {
    const model = { provider: 'openaiCompatible', modelId: 'm', baseUrl: 'https://user:pass@llm.example' };
    expect(parse(agentDocument, { ...goldenDocument('agent'), model })).toEqual([
      '$.model.baseUrl must carry no user name or password; credentials come by reference',
    ]);
  });

  it('a manifest names each tool once and stays inside its directory', () => {
    const tool = { name: 'a', description: 'A.', inputSchema: { type: 'object' }, module: '../a.ts' };
    const manifest = { kind: 'ToolsetManifest', version: 1, tools: [tool, { ...tool, module: 'a.ts' }] };
    expect(parse(toolsetManifest, manifest)).toEqual([
      '$.tools[0].module must be a relative path of a .ts, .mts, .js or .mjs file',
      '$.tools[1].name "a" is listed twice',
    ]);
  });
});

describe('the wire format', () => {
  const response = {
    requestId: 'r',
    agent: 'support',
    output: 'hi',
    stopReason: 'completed',
    turns: 1,
    toolCalls: [],
    usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
  };

  it('a request names an agent or an intent, and has an input', () => {
    const faults = (value: unknown) => faultsOf(() => parseValue(invokeRequest, value, 'request'));
    expect(faults({ agent: 'support', input: 'hi' })).toEqual([]);
    expect(faults({ intent: 'logs', input: 'hi', history: [{ role: 'user', content: 'a' }] })).toEqual([]);
    expect(faults({ input: 'hi' })).toEqual(['$ give "agent" or "intent"']);
    expect(faults({})).toEqual([expect.stringMatching(/^\$\.input /), '$ give "agent" or "intent"']);
    expect(faults('hi')).toHaveLength(1);
    expect(faults({ agent: 'support', input: 'hi', sessionId: '0190-a' })).toEqual([]);
    for (const sessionId of ['', 'two words', 'é', 'x'.repeat(257), 7]) {
      expect(faults({ agent: 'support', input: 'hi', sessionId })[0]).toMatch(/^\$\.sessionId /);
    }
    expect(faults({ agent: 'support', input: '', extra: 1 })).toHaveLength(2);
    expect(faults({ agent: 'support', input: 'hi', history: [{ role: 'system', content: 'a' }] })[0]).toMatch(
      /^\$\.history\[0\]\.role /,
    );
  });

  it('an agent is asked without routing', () => {
    expect(parseValue(agentInvokeRequest, { input: 'hi' }, 'request')).toEqual({ input: 'hi', history: [] });
    expect(faultsOf(() => parseValue(agentInvokeRequest, { input: 'hi', agent: 'x' }, 'request'))).toHaveLength(1);
  });

  it('stream events carry the same response and the same problems', () => {
    const accepts = (value: unknown) => faultsOf(() => parseValue(streamEvent, value, 'event'));
    expect(accepts({ type: 'completed', response })).toEqual([]);
    expect(accepts({ type: 'failed', problem: problemOf('model-failed', { requestId: 'r' }) })).toEqual([]);
    expect(accepts({ type: 'completed', response: { ...response, stopReason: 'bored' } })).not.toEqual([]);
    expect(faultsOf(() => parseValue(invokeResponse, response, 'response'))).toEqual([]);
  });

  it.each(Object.keys(PROBLEMS) as ProblemCode[])('problem %s is a problem document of RFC 9457', (code) => {
    const document = problemOf(code, { detail: 'd' });
    expect(parseValue(problem, document, 'problem')).toEqual(document);
    expect(document).toMatchObject({ type: `urn:agentyard:problem:${code}`, status: PROBLEMS[code].status });
  });
});

describe('limits of agent.json', () => {
  it('a limit of money needs the price that it counts by', () => {
    const document = goldenDocument('agent') as { limits: object; price?: object };
    document.limits = { maxCost: 5 };
    document.price = { inputPerMillion: 3, outputPerMillion: 15 };
    expect(parse(agentDocument, document)).toEqual([]);
    delete document.price;
    expect(parse(agentDocument, document)).toEqual(['$.limits.maxCost needs the `price` of the model']);
  });
});

describe('rate limits and quotas of gateway.json', () => {
  const tokens = { name: 'tokens', unit: 'tokens', perDay: 100, reserve: 1 };
  const limit = { name: 'limit', requests: 1, windowMs: 1_000, counted: 'local' };
  const store = { kind: 'valkey', host: 'valkey', port: 6379 };

  it.each<[string, object, string, string]>([
    ['a quota without a store', { quotas: [tokens] }, '$.quotas[0]', 'needs `store`'],
    [
      'a shared limit without a store',
      { rateLimits: [{ ...limit, counted: 'shared' }] },
      '$.rateLimits[0].counted',
      'needs `store`',
    ],
    [
      'an unknown agent',
      { rateLimits: [{ ...limit, agents: ['nobody'] }] },
      '$.rateLimits[0].agents[0]',
      'no agent "nobody"',
    ],
    [
      'an unknown toolset',
      { rateLimits: [{ ...limit, tools: [{ toolset: 'none' }] }] },
      '$.rateLimits[0].tools[0]',
      'no toolset',
    ],
    [
      'a name twice',
      { store, rateLimits: [limit], quotas: [{ ...tokens, name: 'limit' }] },
      '$.quotas[0].name',
      'listed twice',
    ],
    ['money without prices', { store, quotas: [{ ...tokens, unit: 'money' }] }, '$.quotas[0].unit', 'has no `price`'],
    ['half a token', { store, quotas: [{ ...tokens, perDay: 1.5 }] }, '$.quotas[0]', 'whole numbers'],
    [
      'a reserve above the quota',
      { store, quotas: [{ ...tokens, reserve: 101 }] },
      '$.quotas[0].reserve',
      'must not be more',
    ],
  ])('refuses %s', (_, more, path, message) => {
    const faults = parse(gatewayDocument, { ...goldenDocument('gateway'), ...more });
    expect(faults).toContainEqual(expect.stringContaining(`${path} `));
    expect(faults.join('\n')).toContain(message);
  });
});
