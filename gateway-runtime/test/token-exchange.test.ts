import type { Caller } from '../src/auth/caller';
import { ANYBODY, caller, exchange, forItself, ISSUER, opened, PATIENT, TokenServer } from './credentials-fixture';
import { answerJson, cleanUp, eventually } from './fixture';

afterEach(cleanUp);

describe('token exchange', () => {
  it('sends the user’s token to its issuer, and shows the server the one that comes back', async () => {
    const tokens = await TokenServer.start();
    const { credentials } = await opened(exchange(tokens, { scopes: ['upstream:crm'] }), { secret: 's' });
    const shown = [caller('of-ada'), caller('of-ada'), caller('of-bob', { user: 'bob' }), caller('of-ada')].map((who) =>
      credentials.headersFor(who, PATIENT),
    );
    expect(await Promise.all(shown)).toEqual(
      ['token-1', 'token-1', 'token-2', 'token-1'].map((token) => ({ authorization: `Bearer ${token}` })),
    );
    expect(tokens.asked.map(({ form }) => form)).toEqual(
      ['of-ada', 'of-bob'].map((token) => ({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: token,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: 'https://crm.example.com/mcp',
        scope: 'upstream:crm',
      })),
    );
  });

  it.each<[string, Caller]>([
    ['with an API key', ANYBODY],
    ['with the demo token', { ...ANYBODY, by: 'demo-token' }],
    ['with a token of another issuer', caller('x', { issuer: 'https://other.example.com' })],
  ])('is refused to whoever came %s', async (_case, who) => {
    const tokens = await TokenServer.start();
    const { credentials, failures, logs } = await opened(exchange(tokens), { secret: 's' });
    await expect(credentials.headersFor(who, PATIENT)).rejects.toMatchObject({
      reason: 'token-missing',
      isAboutCaller: true,
      message: expect.stringContaining(`it takes users by their access tokens of ${ISSUER}`),
    });
    expect(tokens.asked).toHaveLength(0);
    expect(failures('token-missing')).toBe(1);
    expect(logs).toEqual([]);
  });

  it.each(['invalid_grant', 'invalid_request', 'invalid_target', 'access_denied', 'invalid_scope'])(
    'that the issuer refuses with %s is the user’s refusal, and not asked for again at once',
    async (error) => {
      const tokens = await TokenServer.start();
      tokens.answer = (response) => answerJson(response, 400, { error, error_description: 'canary of-ada' });
      const { credentials, failures, logs } = await opened(exchange(tokens), { secret: 's' });
      for (let i = 0; i < 3; i++) {
        await expect(credentials.headersFor(caller('of-ada'), PATIENT)).rejects.toMatchObject({
          reason: 'exchange-refused',
          isAboutCaller: true,
          message: `the MCP server "crm" cannot be shown who calls: its authorization server refuses (${error})`,
        });
      }
      expect(tokens.asked).toHaveLength(1);
      expect(failures('exchange-refused')).toBe(3);
      expect(logs).toEqual([]);
      tokens.answer = undefined;
      expect(await credentials.headersFor(caller('of-bob'), PATIENT)).toEqual({ authorization: 'Bearer token-2' });
    },
  );

  it('never takes the user’s own token for another one', async () => {
    const tokens = await TokenServer.start();
    tokens.answer = (response, { form }) =>
      answerJson(response, 200, tokens.token({ access_token: form.subject_token }));
    const { credentials } = await opened(exchange(tokens), { secret: 's' });
    await expect(credentials.headersFor(caller('of-ada'), PATIENT)).rejects.toMatchObject({
      reason: 'exchange-refused',
      message: expect.stringContaining('gives back the user’s own token'),
    });
  });

  it('ends the wait of who leaves, and of nobody else', async () => {
    const tokens = await TokenServer.start();
    let answer = () => {};
    tokens.answer = (response) => (answer = () => answerJson(response, 200, tokens.token()));
    const { credentials } = await opened(exchange(tokens), { secret: 's' });
    const left = new AbortController();
    const leaving = credentials.headersFor(caller('of-ada'), left.signal);
    const staying = credentials.headersFor(caller('of-ada'), PATIENT);
    await eventually(() => tokens.asked.length === 1);
    left.abort(new Error('the client left'));
    await expect(leaving).rejects.toThrow('the client left');
    answer();
    expect(await staying).toEqual({ authorization: 'Bearer token-1' });
  });

  it('keeps no more tokens than it may', async () => {
    const tokens = await TokenServer.start();
    const { credentials } = await opened(exchange(tokens), { secret: 's', limits: { tokens: 2 } });
    for (const token of ['a', 'b', 'c', 'b', 'c', 'a']) await credentials.headersFor(caller(token), PATIENT);
    expect(tokens.asked.map(({ form }) => form.subject_token)).toEqual(['a', 'b', 'c', 'a']);
  });
});

describe.each(['client-credentials', 'token-exchange'] as const)(
  'an authorization server that is asked for %s',
  (by) => {
    const sectionOf = (tokens: TokenServer) => (by === 'token-exchange' ? exchange(tokens) : forItself(tokens));

    it.each<[string, string, string, number, unknown]>([
      ['with an error', 'issuer-unavailable', 'no usable answer', 500, { error: 'server_error' }],
      ['with no reason', 'issuer-unavailable', 'no usable answer', 400, 'canary'],
      ['with a redirect', 'issuer-unavailable', 'no usable answer', 307, {}],
      ['that it is too much', 'issuer-unavailable', 'no usable answer', 429, {}],
      ['with a list', 'issuer-unavailable', 'no usable answer', 200, ['canary']],
      ['with no token', 'issuer-unavailable', 'no usable answer', 200, { token_type: 'Bearer' }],
      [
        'with a token of another kind',
        'issuer-unavailable',
        'no usable answer',
        200,
        { access_token: 'canary', token_type: 'DPoP' },
      ],
      [
        'with an ID token',
        'issuer-unavailable',
        'no usable answer',
        200,
        {
          access_token: 'canary',
          token_type: 'Bearer',
          issued_token_type: 'urn:ietf:params:oauth:token-type:id_token',
        },
      ],
      [
        'with a token that would end a header',
        'issuer-unavailable',
        'no usable answer',
        200,
        { access_token: 'canary\r\nx: y', token_type: 'Bearer' },
      ],
      [
        'with an end that is none',
        'issuer-unavailable',
        'no usable answer',
        200,
        { access_token: 'canary', token_type: 'Bearer', expires_in: 'soon' },
      ],
      [
        'that it does not know the client',
        'client-refused',
        'refuses the client of the gateway (invalid_client)',
        401,
        { error: 'invalid_client' },
      ],
      ['that the client may not', 'client-refused', '(unauthorized_client)', 400, { error: 'unauthorized_client' }],
      ['with 401 alone', 'client-refused', '(answered with 401)', 401, 'canary'],
    ])('and answers %s', async (_case, reason, detail, status, body) => {
      const tokens = await TokenServer.start();
      tokens.answer = (response) => answerJson(response, status, body);
      const { credentials, logs, failures } = await opened(sectionOf(tokens), { secret: 'the-secret' });
      for (let i = 0; i < 2; i++) {
        await expect(credentials.headersFor(caller('canary-token'), PATIENT)).rejects.toMatchObject({
          reason,
          isAboutCaller: false,
          message: expect.stringContaining(detail),
        });
      }
      // Said once, and counted each time.
      expect(logs).toMatchObject([
        { event: 'upstream-credentials-unavailable', level: 'error', server: 'crm', reason },
      ]);
      expect(failures(reason)).toBe(2);
      expect(JSON.stringify(logs)).not.toMatch(/canary|the-secret|stack/);
      tokens.answer = undefined;
      expect(await credentials.headersFor(caller('canary-token'), PATIENT)).toEqual({
        authorization: 'Bearer token-3',
      });
      expect(logs.at(-1)).toMatchObject({ event: 'upstream-credentials-available', server: 'crm' });
    });

    it('and is down, or does not answer in time', async () => {
      const tokens = await TokenServer.start();
      tokens.answer = () => undefined;
      const { credentials } = await opened(sectionOf(tokens), { secret: 's', limits: { timeoutMs: 20 } });
      const unavailable = { reason: 'issuer-unavailable' };
      await expect(credentials.headersFor(caller('x'), PATIENT)).rejects.toMatchObject(unavailable);
      await tokens.close();
      await expect(credentials.headersFor(caller('x'), PATIENT)).rejects.toMatchObject(unavailable);
    });

    it('is asked when the secret of the client is there', async () => {
      const tokens = await TokenServer.start();
      const { credentials, writeSecret } = await opened(sectionOf(tokens));
      expect(credentials.unready()).toMatch(/client secret .* ENOENT/);
      await expect(credentials.headersFor(caller('x'), PATIENT)).rejects.toMatchObject({ reason: 'secret-missing' });
      expect(tokens.asked).toHaveLength(0);
      await writeSecret('s');
      await eventually(() => credentials.unready() === undefined);
      expect(await credentials.headersFor(caller('x'), PATIENT)).toEqual({ authorization: 'Bearer token-1' });
    });
  },
);

it('lets a few ask at the same time, and turns away who would wait behind too many', async () => {
  const tokens = await TokenServer.start();
  const answers: (() => void)[] = [];
  tokens.answer = (response) => void answers.push(() => answerJson(response, 200, tokens.token()));
  const { credentials } = await opened(exchange(tokens), { secret: 's', limits: { requests: 1, queue: 1 } });
  const first = credentials.headersFor(caller('a'), PATIENT);
  const second = credentials.headersFor(caller('b'), PATIENT);
  await expect(credentials.headersFor(caller('c'), PATIENT)).rejects.toMatchObject({ reason: 'issuer-unavailable' });
  for (const [i, shown] of [first, second].entries()) {
    await eventually(() => answers.length > i);
    answers[i]!();
    await shown;
  }
  expect(tokens.asked.map(({ form }) => form.subject_token)).toEqual(['a', 'b']);
});
