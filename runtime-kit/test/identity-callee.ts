import type { ToolsetIdentity } from 'agentyard/contract';
import { CallerCheck, CallerRefused, TrustStore } from '../src';
import { keptLog, onCleanUp, temporaryDirectory } from './fixture';
import { audienceOf, subjectOf, TestIdentity } from './identity-fixture';

export const WEATHER = audienceOf('weather');

/** A toolset that an agent and a gateway may call. */
export function toolsetIdentity(identity: TestIdentity): ToolsetIdentity {
  const caller = { claimIssuers: [identity.gateway.issuer], tools: [], ownTools: [] };
  return {
    audience: WEATHER,
    trustBundleDirectory: identity.trustBundleDirectory,
    callers: [
      { ...caller, name: 'guide', subject: subjectOf('guide') },
      { ...caller, name: 'gateway', subject: identity.gateway.subject },
      { ...caller, name: 'job', subject: subjectOf('job'), claimIssuers: [] },
    ],
  };
}

export async function openTrust(identity: TestIdentity) {
  const { lines, log } = keptLog();
  const trust = await TrustStore.open(identity.trustBundleDirectory, { log, pollMs: 10 });
  onCleanUp(() => trust.close());
  return { trust, lines };
}

/** A toolset with its trust bundle open. */
export async function toolset() {
  const identity = TestIdentity.create(await temporaryDirectory());
  const { trust, lines } = await openTrust(identity);
  const check = new CallerCheck(trust, toolsetIdentity(identity));
  return { identity, trust, lines, check };
}

/** Code, reason, and who is known, of a refusal. */
export async function refusalOf(checking: Promise<unknown>) {
  const error: unknown = await checking.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(CallerRefused);
  const refused = error as CallerRefused;
  // What was wrong is for our own log alone.
  expect(refused.detail).toBeUndefined();
  return { ...refused.audit, code: refused.code } as Readonly<Record<string, unknown>>;
}
