import { mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ClusterProfile } from 'agentyard';
import { agentDocument, parseDocument, signingKeys, trustBundle, USER_CLAIM_HEADER } from 'agentyard/contract';
import { CallerCheck, createLogger, TrustStore, UserClaimSigner } from '@agentyard/runtime-kit';
import { accountKubeconfig } from '../cluster/account-kubeconfig';
import { ApiServer } from '../cluster/api-server';
import { START_TIMEOUT } from '../cluster/control-plane';
import { readKubeconfig } from '../cluster/kubeconfig';
import { Platform } from './trust/platform';
import { manifestOf, TrustStage } from './trust/stage';

jest.setTimeout(180_000);

/** A real API server and kubectl, and the job with the token and the rights that the manifests give it. */
describe('the keys by which services know each other', () => {
  let stage: TrustStage;

  beforeAll(async () => {
    // Of the program whose profile does not name the API server.
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    stage = await TrustStage.open();
  }, START_TIMEOUT);
  afterAll(() => stage?.close());
  afterAll(() => jest.restoreAllMocks());

  describe('kept by the job', () => {
    let platform: Platform;

    beforeAll(async () => {
      const apiServer = { cidrs: ['127.0.0.1/32'] };
      platform = new Platform('kept', stage.folder, ClusterProfile.generic({ apiServer }));
      await stage.apply(platform);
    });

    it('come into being, and stand in no log', async () => {
      const { code, lines, errors } = await stage.job(platform);
      expect([code, errors]).toEqual([0, '']);
      expect(lines.map(({ event }) => event)).toEqual(['bundle-written', 'bundle-written', 'key-made', 'ended']);
      const [{ kid, x, d } = { kid: '', x: '', d: '' }] = await stage.keysOf(platform);
      expect(JSON.stringify(lines)).toContain(kid);
      expect(JSON.stringify(lines)).not.toContain(d);
      const { cluster, gateways } = await stage.bundleOf(platform);
      const { issuer } = (await stage.api.get('/.well-known/openid-configuration')) as { issuer: string };
      expect(cluster.issuer).toBe(issuer);
      expect(gateways).toMatchObject([{ issuer: 'agentyard:kept-front/gateway', keys: [{ kid, x }] }]);
    });

    it('stay as they are when it runs again', async () => {
      const before = await stage.versionsOf(platform);
      const { code, lines } = await stage.job(platform);
      expect([code, lines.map(({ event }) => event)]).toEqual([0, ['ended']]);
      expect(await stage.versionsOf(platform)).toEqual(before);
    });

    it.each([[[]], [['--server-side']]])('stay when the manifests are applied again: %j', async (flags) => {
      const before = [await stage.keysOf(platform), await stage.bundleOf(platform)];
      await stage.apply(platform, flags);
      expect([await stage.keysOf(platform), await stage.bundleOf(platform)]).toEqual(before);
      expect((await stage.job(platform)).lines.map(({ event }) => event)).toEqual(['ended']);
    });

    it('let an agent check who calls it, and for whom', async () => {
      const config = { kind: 'ConfigMap', namespace: 'kept-agents', name: 'support-config' } as const;
      const document = (await stage.objectOf(config))?.data['agent.json'] as string;
      const { identity } = parseDocument(agentDocument, document);
      const { log, mount } = reader(stage.folder);
      const store = await TrustStore.open(mount(trustBundle.file, await stage.textOf(platform.bundles[0]!)), { log });
      const signer = await UserClaimSigner.open(mount(signingKeys.file, await stage.textOf(platform.secret)), { log });
      const issuer = 'agentyard:kept-front/gateway';
      const user = { sub: 'ada', roles: ['analyst'], jti: 'request-1' };
      const claim = { ...user, iss: issuer, aud: [identity.audience], azp: identity.subject };
      const signed = await signer.sign(claim, 30_000);
      const bearer = async (audience: string) => `Bearer ${await stage.tokenOf('kept-front', 'gateway', [audience])}`;

      const check = new CallerCheck(store, identity);
      const authorization = await bearer('agentyard:kept-agents/support');
      const checked = await check.check({ authorization, [USER_CLAIM_HEADER]: signed });
      expect([checked.caller.name, checked.user?.sub]).toEqual(['kept-front/gateway', 'ada']);
      const elsewhere = check.check({ authorization: await bearer('agentyard:kept-tools/logs') });
      await expect(elsewhere).rejects.toMatchObject({ code: 'auth-invalid', reason: 'token-audience' });
      for (const open of [store, signer]) open.close();
    });

    it('are brought up to date as far as that can be, and what is missing is said', async () => {
      const [missing, other] = platform.bundles;
      const before = await stage.bundleOf(platform);
      await stage.api.delete(manifestOf(missing!));
      await stage.empty(other!);
      const { code, lines } = await stage.job(platform);
      expect(code).toBe(1);
      expect(lines).toMatchObject([
        { level: 'info', event: 'bundle-written', object: 'ConfigMap kept-tools/kept-trust-bundle' },
        { level: 'error', object: 'ConfigMap kept-agents/kept-trust-bundle', reason: 'not in the cluster' },
        { event: 'ended', done: false },
      ]);
      expect(lines[1]?.remedy).toContain('apply the manifests');
      await stage.apply(platform);
      expect((await stage.job(platform)).code).toBe(0);
      expect(await stage.bundleOf(platform)).toEqual(before);
    });

    it('are one key for the gateway, however many runs come at once', async () => {
      await stage.empty(platform.secret);
      const runs = await Promise.all([stage.job(platform), stage.job(platform), stage.command(platform)]);
      expect(runs.map(({ code, errors }) => [code, errors])).toEqual(runs.map(() => [0, '']));
      const keys = await stage.keysOf(platform);
      expect(keys).toHaveLength(1);
      // When the keys of the other runs end in each bundle depends on which run wrote there first.
      for (const { gateways } of await stage.bundlesOf(platform)) {
        const signing = gateways[0]?.keys.filter(({ expiresAt }) => expiresAt === undefined);
        expect(signing?.map(({ kid }) => kid)).toEqual([keys[0]?.kid]);
      }
    });

    describe('which may read and patch them, and do nothing else', () => {
      let asJob: ApiServer;

      beforeAll(async () => {
        const { server, ca } = readKubeconfig(stage.cluster.kubeconfig);
        const token = await stage.tokenOf(platform.account.namespace, platform.account.name);
        asJob = new ApiServer({ server, ca, token, rejectUnauthorized: true });
      });
      afterAll(() => asJob?.close());

      it.each([
        ['kept-front', ['get,patch secrets/gateway-signing-keys']],
        ['kept-agents', ['get,patch configmaps/kept-trust-bundle']],
        ['kept-tools', ['get,patch configmaps/kept-trust-bundle']],
        ['default', []],
      ])('in %s: %j', async (namespace, rules) => {
        const { body } = await asJob.request({
          method: 'POST',
          path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
          body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
        });
        const given = body.status.resourceRules as { resources: string[]; resourceNames?: string[]; verbs: string[] }[];
        const words = given.map(
          ({ verbs, resources, resourceNames = ['*'] }) =>
            `${verbs.join()} ${resources.join()}/${resourceNames.join()}`,
        );
        // Everybody may ask what he may do.
        expect(words.filter((rule) => !rule.startsWith('create selfsubject'))).toEqual(rules);
      });

      const secrets = '/api/v1/namespaces/kept-front/secrets';
      it.each([
        ['GET', secrets],
        ['GET', `${secrets}/other`],
        ['POST', secrets],
        ['PUT', `${secrets}/gateway-signing-keys`],
        ['DELETE', `${secrets}/gateway-signing-keys`],
        ['GET', '/api/v1/namespaces/kept-agents/configmaps'],
        ['GET', '/api/v1/namespaces/kept-agents/configmaps/support-config'],
        ['POST', '/api/v1/namespaces/kept-front/serviceaccounts/gateway/token'],
      ] as const)('not %s %s', async (method, at) => {
        const body = ['POST', 'PUT'].includes(method) ? manifestOf(platform.secret) : undefined;
        await expect(asJob.request({ method, path: at, body })).rejects.toMatchObject({ status: 403 });
      });
    });
  });

  describe('kept by hand, where the profile does not name the API server', () => {
    let platform: Platform;

    beforeAll(async () => {
      platform = new Platform('hand', stage.folder, ClusterProfile.generic());
      await stage.apply(platform);
    });

    it('are shown and not made with --print', async () => {
      const before = await stage.versionsOf(platform);
      const { code, output, errors } = await stage.command(platform, ['--print']);
      expect([code, errors]).toEqual([0, '']);
      expect(output).toContain('would write ConfigMap hand-agents/hand-trust-bundle: 2 keys added');
      expect(output).toContain('would write Secret hand-front/gateway-signing-keys: a signing key of agentyard:hand-');
      expect(await stage.versionsOf(platform)).toEqual(before);
    });

    it('come into being as the job makes them', async () => {
      const { code, output, errors } = await stage.command(platform);
      expect([code, errors]).toEqual([0, '']);
      expect(output).toContain('wrote ConfigMap hand-agents/hand-trust-bundle: 2 keys added');
      const [{ kid, x, d } = { kid: '', x: '', d: '' }] = await stage.keysOf(platform);
      expect(output).not.toContain(d);
      const { gateways } = await stage.bundleOf(platform);
      expect(gateways).toMatchObject([{ issuer: 'agentyard:hand-front/gateway', keys: [{ kid, x }] }]);
    });

    it('stay when it is run again, and when the manifests are applied again', async () => {
      const before = await stage.versionsOf(platform);
      const { code, output } = await stage.command(platform);
      expect([code, output]).toEqual([0, expect.stringContaining('nothing to do')]);
      expect(await stage.versionsOf(platform)).toEqual(before);
      const contents = [await stage.keysOf(platform), await stage.bundleOf(platform)];
      await stage.apply(platform);
      expect([await stage.keysOf(platform), await stage.bundleOf(platform)]).toEqual(contents);
    });

    it('need the rights of whoever runs it', async () => {
      const kubeconfig = path.join(stage.folder, 'nobody.kubeconfig');
      await accountKubeconfig(stage.cluster, { namespace: 'default', name: 'nobody', role: 'none' }, kubeconfig);
      const { code, output, errors } = await stage.command(platform, [], kubeconfig);
      expect([code, output]).toEqual([1, expect.not.stringContaining('wrote')]);
      const lines = errors.trim().split('\n');
      expect(lines).toHaveLength(3);
      for (const line of lines) {
        expect(line).toMatch(/^error: (Secret|ConfigMap) hand-.*: .*forbidden.*; docs\/identity\.md lists the rights/);
      }
    });
  });
});

/** What a pod that reads them has: a log that nobody reads, and mounted files. */
function reader(folder: string) {
  const log = createLogger({ component: 'test', name: 'reader', namespace: 'test' }, { write: () => undefined });
  const mount = (file: string, text: string): string => {
    const directory = mkdtempSync(path.join(folder, 'mounted-'));
    writeFileSync(path.join(directory, file), text);
    return directory;
  };
  return { log, mount };
}
