import { ClusterProfile, Credentials, Egress, IpFamily, Model, OpenAIRegion, Peer } from 'agentyard';
import { Program } from '../program';
import { silenceWarnings } from '../silence-warnings';

silenceWarnings();

const credentials = Credentials.fromSecretName('provider');
const role = Credentials.fromIamRole('arn:aws:iam::111122223333:role/support');
const bedrock = (options: object) => Model.bedrock('m', { region: 'eu-west-1', credentials, ...options });

/** What the policy of an agent with this model opens by name: `host:port`. */
function openedHosts(model: Model): string[] {
  const program = new Program('agents', ClusterProfile.generic({ egress: Egress.cilium() }));
  program.agent('a', { model });
  const policies = program.synth().filter(({ kind }) => kind === 'CiliumNetworkPolicy');
  return policies.flatMap(({ spec }) =>
    spec.egress
      .filter((rule: object) => 'toFQDNs' in rule)
      .flatMap((rule: any) =>
        rule.toFQDNs.flatMap(({ matchName }: any) =>
          rule.toPorts[0].ports.map(({ port }: any) => `${matchName}:${port}`),
        ),
      ),
  );
}

describe('an agent’s policy opens the exact hosts of its model', () => {
  it.each<[string, Model, string[]]>([
    ['anthropic', Model.anthropic('m', { credentials }), ['api.anthropic.com:443']],
    ['openai', Model.openai('m', { credentials }), ['api.openai.com:443']],
    [
      'openai with data residency',
      Model.openai('m', { credentials, dataResidency: OpenAIRegion.EU }),
      ['eu.api.openai.com:443'],
    ],
    ['google', Model.google('m', { credentials }), ['generativelanguage.googleapis.com:443']],
    ['bedrock', bedrock({}), ['bedrock-runtime.eu-west-1.amazonaws.com:443']],
    [
      'bedrock, FIPS',
      bedrock({ region: 'us-east-1', fips: true }),
      ['bedrock-runtime-fips.us-east-1.amazonaws.com:443'],
    ],
    ['bedrock, dual stack', bedrock({ dualStack: true }), ['bedrock-runtime.eu-west-1.api.aws:443']],
    [
      'bedrock, FIPS and dual stack',
      bedrock({ region: 'us-gov-west-1', fips: true, dualStack: true }),
      ['bedrock-runtime-fips.us-gov-west-1.api.aws:443'],
    ],
    ['bedrock in China', bedrock({ region: 'cn-north-1' }), ['bedrock-runtime.cn-north-1.amazonaws.com.cn:443']],
    [
      'bedrock with a role of the ServiceAccount',
      bedrock({ credentials: role }),
      ['bedrock-runtime.eu-west-1.amazonaws.com:443', 'sts.eu-west-1.amazonaws.com:443'],
    ],
    [
      'bedrock with a role in China',
      bedrock({ region: 'cn-north-1', credentials: role }),
      ['bedrock-runtime.cn-north-1.amazonaws.com.cn:443', 'sts.cn-north-1.amazonaws.com.cn:443'],
    ],
    [
      'bedrock with Pod Identity: an address, no further name',
      bedrock({ credentials: Credentials.fromPodIdentity() }),
      ['bedrock-runtime.eu-west-1.amazonaws.com:443'],
    ],
    ['azure', Model.azure('m', { credentials, resourceName: 'Acme' }), ['acme.openai.azure.com:443']],
    [
      'a base URL replaces the host',
      Model.anthropic('m', { credentials, baseUrl: 'https://LLM.example.com:8443/v1' }),
      ['llm.example.com:8443'],
    ],
    [
      'openaiCompatible',
      Model.openaiCompatible('m', { baseUrl: 'https://llm.example.com/v1' }),
      ['llm.example.com:443'],
    ],
    ['plain HTTP', Model.openaiCompatible('m', { baseUrl: 'http://llm.example.com/v1' }), ['llm.example.com:80']],
    [
      'a base URL with an address is opened as address',
      Model.openaiCompatible('m', { baseUrl: 'http://10.1.2.3:8000/v1' }),
      [],
    ],
    ['scripted', Model.scripted([{ say: 'x' }]), []],
  ])('%s', (_name, model, hosts) => {
    expect(openedHosts(model)).toEqual(hosts);
  });

  it('the document sends the runtime to the host that was opened', () => {
    const program = new Program();
    program.agent('eu', { model: Model.openai('m', { credentials, dataResidency: OpenAIRegion.EU }) });
    program.agent('fips', { model: bedrock({ region: 'us-east-1', fips: true }) });
    const baseUrl = (agent: string): unknown => program.document(`${agent}-config`, 'agent.json').model.baseUrl;
    expect(baseUrl('eu')).toBe('https://eu.api.openai.com/v1');
    expect(baseUrl('fips')).toBe('https://bedrock-runtime-fips.us-east-1.amazonaws.com');
  });
});

describe('credentials that are fetched', () => {
  it('a role is an annotation of the ServiceAccount, and no token of Kubernetes is mounted', () => {
    const program = new Program();
    program.agent('a', { model: bedrock({ credentials: role }) });
    expect(program.object('ServiceAccount', 'a').metadata.annotations).toEqual({
      'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/support',
    });
    expect(program.object('Deployment', 'a').spec.template.spec.automountServiceAccountToken).toBe(false);
  });

  it.each([
    [IpFamily.IPV4, '169.254.170.23', 32],
    [IpFamily.IPV6, 'fd00:ec2::23', 128],
  ])('Pod Identity opens the address of its agent, past the proxy (%s)', (ipFamily, address, prefix) => {
    const program = new Program('agents', ClusterProfile.eks({ ipFamily }));
    program.agent('a', { model: bedrock({ credentials: Credentials.fromPodIdentity() }) });
    expect(program.object('NetworkPolicy', 'a').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: `${address}/${prefix}` } }],
      ports: [{ protocol: 'TCP', port: 80 }],
    });
    const env = program.object('Deployment', 'a').spec.template.spec.containers[0].env;
    expect(env.find(({ name }: any) => name === 'NO_PROXY').value.split(',')).toContain(address);
  });
});

describe('models inside of the cluster are opened by their pods', () => {
  const baseUrl = 'http://vllm.models.svc:80/v1';

  it('at the pods’ port, with nothing by name', () => {
    const program = new Program();
    const servedBy = Peer.pods({ namespace: 'models', podLabels: { app: 'vllm' } });
    program.agent('a', { model: Model.openaiCompatible('m', { baseUrl, servedBy, servedByPort: 8000 }) });
    const [dns, model, ...rest] = program.object('NetworkPolicy', 'a').spec.egress;
    expect(dns.ports.map(({ port }: any) => port)).toEqual([53, 53]);
    expect(model).toEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'models' } },
          podSelector: { matchLabels: { app: 'vllm' } },
        },
      ],
      ports: [{ protocol: 'TCP', port: 8000 }],
    });
    expect(rest).toEqual([]);
  });

  it.each(['http://vllm.models.svc:80/v1', 'http://vllm:8000/v1', 'https://vllm.models.svc.cluster.local/v1'])(
    '%s without its pods fails synth',
    (url) => {
      const program = new Program();
      program.agent('a', { model: Model.openaiCompatible('m', { baseUrl: url }) });
      expect(() => program.synth()).toThrow(/\[EGRESS_PEER_MISSING\] chart\/a: .*vllm/);
    },
  );
});
