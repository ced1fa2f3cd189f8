import { mkdir } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import path from 'node:path';
import type { GatewayDocumentInput, ServiceToken, UserClaim } from 'agentyard/contract';
import { CallerCheck, createLogger, HttpProblem, TrustStore } from '@agentyard/runtime-kit';
import { audienceOf, subjectOf, TestIdentity } from '../../runtime-kit/test/identity-fixture';
import { onCleanUp, replaceFile, temporaryDirectory } from '../../runtime-kit/test/test-resources';

let current: Promise<TestIdentity> | undefined;

/** The cluster of a test, which issues service tokens, and the keys of its gateway. */
export function testIdentity(): Promise<TestIdentity> {
  current ??= (async () => {
    const identity = TestIdentity.create(await temporaryDirectory());
    onCleanUp(() => (current = undefined));
    return identity;
  })();
  return current;
}

/** Who the gateway of a test is to agents and toolsets. */
export function gatewayIdentity(): GatewayDocumentInput['identity'] {
  return {
    issuer: audienceOf('gateway'),
    subject: subjectOf('gateway'),
    signingKeysDirectory: '/etc/agentyard/signing-keys',
  };
}

/** The token that the gateway shows to a callee. */
export function serviceToken(callee: string): ServiceToken {
  return { audience: audienceOf(callee), file: `/etc/agentyard/tokens/${callee}` };
}

/** Writes signing keys, and a token for each agent and toolset of a document, as they are mounted. */
export async function provideIdentity(directory: string, document: GatewayDocumentInput): Promise<void> {
  const { cluster, gateway } = await testIdentity();
  for (const name of ['tokens', 'signing-keys']) await mkdir(path.join(directory, name), { recursive: true });
  await replaceFile(path.join(directory, 'signing-keys', 'signing-keys.json'), JSON.stringify(gateway.signingKeys()));
  for (const { name } of [...document.agents, ...document.toolsets]) {
    await replaceFile(path.join(directory, 'tokens', name), await cluster.token('gateway', audienceOf(name)));
  }
}

/**
 * How an agent or toolset checks its callers: only the gateway may call, and only for a user.
 *
 * @param party who may bring the claim to it
 */
export async function userCheck(
  name: string,
  party: string,
): Promise<(headers: IncomingHttpHeaders) => Promise<UserClaim>> {
  const identity = await testIdentity();
  const log = createLogger({ component: 'test', name, namespace: 'tests' }, { write: () => undefined });
  const trust = await TrustStore.open(identity.trustBundleDirectory, { log });
  onCleanUp(() => trust.close());
  const caller = { name: 'gateway', subject: subjectOf('gateway'), claimIssuers: [audienceOf('gateway')] };
  const callers = [{ ...caller, tools: [], ownTools: [] }];
  const check = new CallerCheck(trust, { audience: audienceOf(name), subject: party, callers });
  return async (headers) => {
    const { user } = await check.check(headers);
    if (user === undefined) throw new HttpProblem('caller-refused');
    return user;
  };
}
