import { ContractError, gatewayDocument, parseValue } from 'agentyard/contract';
import { goldenDocument } from './golden';

/** The golden gateway with these members. */
const parsed = (members: Readonly<Record<string, unknown>>) =>
  parseValue(gatewayDocument.schema, { ...(goldenDocument('gateway') as object), ...members }, 'gateway.json');

/** Paths of what is wrong with it. */
function faultsOf(members: Readonly<Record<string, unknown>>): string[] {
  try {
    parsed(members);
    return [];
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return error.faults.map(({ path }) => path);
  }
}

const endpoint = 'http://otel-collector.observability.svc:4318/v1/traces';

describe('the tracing of gateway.json', () => {
  it('records one request in a hundred, and believes nobody', () => {
    expect(parsed({ tracing: { endpoint } }).tracing).toEqual({
      endpoint,
      samplingRatio: 0.01,
      trustsProxySampling: false,
    });
  });

  it.each([
    ['$.tracing.endpoint', {}],
    ['$.tracing.endpoint', { endpoint: 'otel:4318' }],
    ['$.tracing.endpoint', { endpoint: 'https://me:key@otlp.example.com/v1/traces' }],
    ['$.tracing.samplingRatio', { endpoint, samplingRatio: 1.1 }],
    ['$.tracing.samplingRatio', { endpoint, samplingRatio: -0.1 }],
    ['$.tracing.trustsProxySampling', { endpoint, trustsProxySampling: true }],
  ])('is refused at %s of %j', (path, tracing) => {
    expect(faultsOf({ tracing, trustedProxies: undefined })).toEqual([path]);
  });

  it('may go by what trusted proxies say', () => {
    const trustedProxies = { cidrs: ['10.0.0.0/8'] };
    expect(faultsOf({ tracing: { endpoint, trustsProxySampling: true }, trustedProxies })).toEqual([]);
  });
});
