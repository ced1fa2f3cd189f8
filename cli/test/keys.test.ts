import { parse } from 'yaml';
import { DAY, idOf, keyDocument, KeyCommands, NOW } from './fixtures/keys-run';
import { SecretStore } from './fixtures/secret-store';

const KEY = /^ay_k[0-9a-f]{16}_[\w-]{43}$/;
const iso = (time: number) => new Date(time).toISOString().replace('.000Z', 'Z');

let store: SecretStore;
let keys: KeyCommands;
beforeEach(() => {
  store = new SecretStore();
  keys = new KeyCommands(store);
});

describe('agentyard keys create', () => {
  it('prints the key alone on standard output, and keeps its hash, whom it is for and its time', async () => {
    const { code, output, errors } = await keys.create({ role: ['analyst', 'admin', 'analyst'] });
    const key = output.trim();
    expect([code, output]).toEqual([0, `${key}\n`]);
    expect(key).toMatch(KEY);
    const id = idOf(key, store.entries('keys'));
    const times = { createdAt: iso(NOW), expiresAt: iso(NOW + 90 * DAY) };
    expect(store.entries('keys')[id]).toMatchObject({ user: 'jane', roles: ['analyst', 'admin'], ...times });
    expect(errors).toContain(`API key ${id} for jane with analyst, admin, until ${times.expiresAt}`);
    expect(errors).toContain('added to the Secret agents/keys in the cluster of context staging');
    expect(errors).toContain('within 90 s');
    const secret = key.replace(/^ay_\w{17}_/, '');
    expect(errors + JSON.stringify([store.object('keys'), store.calls])).not.toContain(secret);
  });

  it('makes a Secret that no app of prune owns', async () => {
    await keys.create();
    expect(store.object('keys')).toMatchObject({ type: 'Opaque', metadata: { namespace: 'agents' } });
    expect(JSON.stringify(store.object('keys'))).not.toContain('agentyard.dev/app');
  });

  it('leaves the keys that are there, and those that others add at the same time', async () => {
    store.put('keys', { one00000: keyDocument('one00000') });
    const act = () => store.put('keys', { one00000: keyDocument('one00000'), two00000: keyDocument('two00000') });
    store.before = { verb: 'patch', act };
    const { output } = await keys.create();
    expect(Object.keys(store.entries('keys'))).toEqual([
      'one00000',
      'two00000',
      idOf(output.trim(), store.entries('keys')),
    ]);
  });

  it('adds its key to a Secret that somebody else makes at the same time', async () => {
    store.before = { verb: 'create', act: () => store.put('keys', { one00000: keyDocument('one00000') }) };
    const { code, output } = await keys.create();
    expect(code).toBe(0);
    expect(Object.keys(store.entries('keys'))).toEqual(['one00000', idOf(output.trim(), store.entries('keys'))]);
  });

  it('ends a key when it is told to, or never', async () => {
    const at = await keys.create({ expires: undefined, expiresAt: NOW + 1_500 });
    const never = await keys.create({ expires: undefined, expiry: false });
    const [first, second] = [at, never].map(({ output }) => idOf(output.trim(), store.entries('keys')));
    expect(store.entries('keys')[first ?? ''].expiresAt).toBe(iso(NOW + 1_000));
    expect(store.entries('keys')[second ?? '']).not.toHaveProperty('expiresAt');
    expect(never.errors).toContain('jane without roles, without an end');
  });

  it.each([
    [{ expires: undefined }, 'say how long the key is valid: --expires 90d, --expires-at <instant>, or --no-expiry'],
    [{ expires: undefined, expiresAt: NOW }, '--expires-at: 2030-01-01T00:00:00Z has passed'],
    [{ secret: undefined }, 'name the Secret of the keys: --secret <name> --namespace <name>; or the gateway'],
    [{ namespace: undefined }, 'name the Secret of the keys'],
  ])('makes none without what it needs: %j', async (options, message) => {
    const { code, output, errors } = await keys.create(options);
    expect([code, output, store.calls]).toEqual([1, '', []]);
    expect(errors).toContain(`error: ${message}`);
  });

  it.each([
    ['another type', { x: 'y' }, { type: 'kubernetes.io/tls' }, 'is of type kubernetes.io/tls'],
    ['no change allowed', {}, { immutable: true }, 'is immutable'],
    ['other things in it', { PASSWORD: 'hunter2' }, {}, 'holds no API key, but PASSWORD; name the one'],
  ])('writes to no Secret with %s', async (_, data, rest, message) => {
    store.put('keys', data, rest);
    const before = store.object('keys');
    for (const outcome of [await keys.create(), await keys.revoke(['PASSWORD'])]) {
      expect([outcome.code, outcome.output, store.object('keys')]).toEqual([1, '', before]);
      expect(outcome.errors).toContain(`the Secret agents/keys ${message}`);
      expect(outcome.errors).not.toContain('hunter2');
    }
  });

  it('prints no key that was not written, and says what to do', async () => {
    store.refusal =
      'Error from server (Forbidden): secrets "keys" is forbidden: User "jo" cannot get resource "secrets" in API group "" in the namespace "agents"';
    expect(await keys.create()).toEqual({
      code: 1,
      output: '',
      errors: `error: ${store.refusal}; docs/api-keys.md lists the rights that are needed\n`,
    });
    store.refusal = 'Error from server (NotFound): error when creating "STDIN": namespaces "agents" not found';
    expect((await keys.create()).errors).toContain('a namespace is never made');
  });

  it('prints a manifest with the one entry for a repository, and the key beside it', async () => {
    const { code, output, errors } = await keys.create({ print: true, user: 'Jane\u2028x: y', role: ['analyst'] });
    expect([code, store.calls]).toEqual([0, []]);
    const { data, ...manifest } = parse(output) as { data: Record<string, string> };
    expect(manifest).toMatchObject({ kind: 'Secret', type: 'Opaque', metadata: { name: 'keys', namespace: 'agents' } });
    const [[id = '', value = ''] = []] = Object.entries(data);
    const [key = ''] = /ay_\S+/.exec(errors) ?? [];
    expect(idOf(key, { [id]: JSON.parse(Buffer.from(value, 'base64').toString()) })).toBe(id);
    expect(output).toContain(`  # Jane x: y with analyst, until ${iso(NOW + 90 * DAY)}\n  ${id}: `);
    expect(output).not.toContain(key.slice(-43));
    expect(errors).toContain('shown this once and stands in no manifest');
  });
});

describe('agentyard keys list', () => {
  const file = (id: string, left?: number) =>
    keyDocument(id, { roles: ['analyst', 'admin'], ...(left !== undefined && { expiresAt: iso(NOW + left) }) });

  beforeEach(() =>
    store.put('keys', {
      'valid000.json': file('valid000', 15 * DAY),
      always00: file('always00'),
      soon0000: file('soon0000', DAY),
      gone0000: file('gone0000', 0),
      twice000: file('always00'),
      broken00: 'password',
      wrong000: keyDocument('wrong000', { sha256: 'none' }),
    }),
  );

  it('shows whose they are, and whether they are valid, and no hashes', async () => {
    const { code, output, errors } = await keys.list();
    expect([code, errors]).toEqual([0, '']);
    expect(output.split('\n')).toEqual([
      'ID        USER  ROLES          CREATED  EXPIRES               STATE',
      'always00  jane  analyst,admin  -        never                 valid',
      'broken00  -     -              -        -                     unreadable: $: not JSON',
      'gone0000  jane  analyst,admin  -        2030-01-01T00:00:00Z  expired',
      'soon0000  jane  analyst,admin  -        2030-01-02T00:00:00Z  expires soon',
      'twice000  -     -              -        -                     unreadable: another entry has a key of the id always00',
      'valid000  jane  analyst,admin  -        2030-01-16T00:00:00Z  valid',
      'wrong000  -     -              -        -                     unreadable: $.sha256: must be a SHA-256 in hexadecimal',
      '',
    ]);
  });

  it('does so for programs', async () => {
    const { output } = await keys.list({ json: true });
    const listed = JSON.parse(output) as object[];
    const jane = { user: 'jane', roles: ['analyst', 'admin'] };
    expect(listed).toHaveLength(7);
    expect(listed).toContainEqual({ id: 'always00', ...jane, state: 'valid' });
    expect(listed).toContainEqual({ id: 'soon0000', ...jane, expiresAt: iso(NOW + DAY), state: 'expires-soon' });
    expect(listed).toContainEqual({ id: 'broken00', state: 'unreadable', fault: '$: not JSON' });
    expect(output).not.toMatch(/a{64}|password/);
  });

  it('says that there are none, or no Secret, or something else instead of one', async () => {
    store.put('keys', {});
    expect(await keys.list()).toEqual({ code: 0, output: 'no keys\n', errors: '' });
    expect(await keys.list({ secret: 'other' })).toEqual({
      code: 1,
      output: '',
      errors:
        'error: there is no Secret agents/other in the cluster of context staging; `agentyard keys create` makes it\n',
    });
    store.put('odd', {}, { type: 7 });
    expect((await keys.list({ secret: 'odd' })).errors).toContain('gives a Secret agents/odd that is not understood');
  });

  it('cannot be made to steer a terminal', async () => {
    store.put('keys', { evil0000: keyDocument('evil0000', { user: 'a\u001b[2J\nb' }) });
    expect((await keys.list()).output).toContain('a\uFFFD[2J b');
  });
});

describe('agentyard keys revoke', () => {
  beforeEach(() =>
    store.put('keys', Object.fromEntries(['one00000', 'two00000', 'three000'].map((id) => [id, keyDocument(id)]))),
  );

  it('removes these keys and no others, and says when gateways know', async () => {
    const { code, output, errors } = await keys.revoke(['one00000', 'three000']);
    expect([code, output]).toEqual([0, '']);
    expect(errors).toContain('API keys one00000, three000 removed from the Secret agents/keys');
    expect(errors).toContain(
      'Gateways refuse what was removed within 90 s, and within 5 s where they watch the Secret',
    );
    expect(Object.keys(store.entries('keys'))).toEqual(['two00000']);
  });

  it('leaves keys that others add at the same time', async () => {
    const act = () => store.put('keys', { one00000: keyDocument('one00000'), four0000: keyDocument('four0000') });
    store.before = { verb: 'patch', act };
    await keys.revoke(['one00000']);
    expect(Object.keys(store.entries('keys'))).toEqual(['four0000']);
  });

  it('removes every entry with the id, whatever the entry is called, and one that nobody can read', async () => {
    store.put('keys', {
      'a.json': keyDocument('one00000'),
      'b.json': keyDocument('one00000'),
      two00000: keyDocument('two00000'),
      broken: 'x',
    });
    expect((await keys.revoke(['one00000', 'broken'])).code).toBe(0);
    expect(Object.keys(store.entries('keys'))).toEqual(['two00000']);
  });

  it.each([
    [
      'client-side',
      { annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"one00000":""}}' } },
    ],
    ['server-side', { managedFields: [{ operation: 'Apply', fieldsV1: { 'f:data': { '.': {}, 'f:one00000': {} } } }] }],
  ])('says that the next apply brings back what is in a manifest, too: %s', async (_, metadata) => {
    const two = { one00000: keyDocument('one00000'), two00000: keyDocument('two00000', { createdAt: iso(NOW) }) };
    store.put('keys', two, { metadata });
    expect((await keys.rotate('two00000', { expires: DAY })).errors).not.toContain('warning');
    const warning = 'warning: one00000 came from a manifest; change it there, too (--print)';
    expect((await keys.rotate('one00000', { expires: DAY })).errors).toContain(warning);
    expect((await keys.revoke(['one00000', 'two00000'])).errors).toContain(warning);
  });

  it('removes nothing if one of the ids is unknown', async () => {
    const { code, errors } = await keys.revoke(['one00000', 'none0000']);
    expect(code).toBe(1);
    expect(errors).toBe(
      'error: there is no key none0000 in the Secret agents/keys; `agentyard keys list` shows what there is\n',
    );
    expect(Object.keys(store.entries('keys'))).toHaveLength(3);
  });

  it('prints what to remove from a repository, without a cluster', async () => {
    const { code, output, errors } = await keys.revoke(['one00000', '12e34567'], { print: true });
    expect([code, store.calls]).toEqual([0, []]);
    expect((parse(output) as { data: object }).data).toEqual({ one00000: null, '12e34567': null });
    expect(errors).toContain('Remove data.one00000, data.12e34567 from the manifest of the Secret agents/keys');
  });
});

describe('agentyard keys rotate', () => {
  const old = { user: 'jo', roles: ['analyst'], createdAt: iso(NOW - 60 * DAY), expiresAt: iso(NOW + 30 * DAY) };
  const rotated = async (options = {}) => {
    const outcome = await keys.rotate('old00000', options);
    const id = idOf(outcome.output.trim(), store.entries('keys'));
    const { old00000: before, [id]: after } = store.entries('keys');
    return { ...outcome, before, after };
  };
  beforeEach(() => store.put('keys', { old00000: keyDocument('old00000', old) }));

  it('makes a key for the same user, roles and length, and lets the old one end, in one step', async () => {
    const { code, errors, before, after } = await rotated();
    expect(code).toBe(0);
    expect(after).toMatchObject({
      user: 'jo',
      roles: ['analyst'],
      createdAt: iso(NOW),
      expiresAt: iso(NOW + 90 * DAY),
    });
    expect(before).toEqual({ ...JSON.parse(keyDocument('old00000', old)), expiresAt: iso(NOW + DAY) });
    expect(errors).toContain(`The old key old00000 ends at ${iso(NOW + DAY)}`);
    expect(store.calls.filter((words) => words.includes('patch'))).toHaveLength(1);
  });

  it('takes another overlap and another end', async () => {
    const { before, after } = await rotated({ overlap: 7 * DAY, expires: 10 * DAY });
    expect([before.expiresAt, after.expiresAt]).toEqual([iso(NOW + 7 * DAY), iso(NOW + 10 * DAY)]);
  });

  it('removes the old key at once if it is told to', async () => {
    const { before, errors } = await rotated({ now: true });
    expect(before).toBeUndefined();
    expect(errors).toContain('The old key old00000 is removed; gateways refuse it within 90 s');
  });

  it('never makes the old key valid for longer than it was', async () => {
    store.put('keys', { old00000: keyDocument('old00000', { ...old, expiresAt: iso(NOW + 60_000) }) });
    expect((await rotated()).before.expiresAt).toBe(iso(NOW + 60_000));
    store.put('keys', { old00000: keyDocument('old00000', { ...old, expiresAt: iso(NOW - DAY) }) });
    const { before, errors } = await rotated();
    expect(before.expiresAt).toBe(iso(NOW - DAY));
    expect(errors).toContain(`The old key old00000 had ended at ${iso(NOW - DAY)}`);
  });

  it('gives a key without an end one without an end, and ends the old one', async () => {
    store.put('keys', { old00000: keyDocument('old00000') });
    const { before, after } = await rotated();
    expect([before.expiresAt, after.expiresAt]).toEqual([iso(NOW + DAY), undefined]);
  });

  it('asks for the length that the old key does not tell', async () => {
    store.put('keys', { old00000: keyDocument('old00000', { expiresAt: iso(NOW + DAY) }) });
    const { code, output, errors } = await keys.rotate('old00000');
    expect([code, output]).toEqual([1, '']);
    expect(errors).toContain('give --expires, --expires-at or --no-expiry for the new one');
    expect((await rotated({ expires: DAY })).code).toBe(0);
  });

  it('keeps what others write at the same time', async () => {
    const text = keyDocument('old00000', { ...old, expiresAt: iso(NOW + 60_000) });
    store.before = {
      verb: 'patch',
      act: () => store.put('keys', { old00000: text, two00000: keyDocument('two00000') }),
    };
    expect((await rotated()).before.expiresAt).toBe(iso(NOW + 60_000));
    expect(Object.keys(store.entries('keys'))).toContain('two00000');
  });

  it('does not bring back a key that is revoked at the same time', async () => {
    store.before = { verb: 'patch', act: () => store.put('keys', { two00000: keyDocument('two00000') }) };
    const { code, output, errors } = await keys.rotate('old00000');
    expect([code, output]).toEqual([1, '']);
    expect(errors).toContain('there is no key old00000');
    expect(Object.keys(store.entries('keys'))).toEqual(['two00000']);
  });

  it('gives up when others are always faster', async () => {
    const again = () => {
      store.put('keys', { old00000: keyDocument('old00000', old) });
      store.before = { verb: 'patch', act: again };
    };
    store.before = { verb: 'patch', act: again };
    const { code, output, errors } = await keys.rotate('old00000');
    expect([code, output]).toEqual([1, '']);
    expect(errors).toContain('the object has been modified');
  });

  it.each([
    [{}, DAY],
    [{ now: true }, undefined],
  ])('prints both entries for a repository and writes nothing: %j', async (options, left) => {
    const object = store.object('keys');
    const { code, output, errors } = await keys.rotate('old00000', { print: true, ...options });
    expect([code, store.object('keys')]).toEqual([0, object]);
    const { old00000: before, ...rest } = (parse(output) as { data: Record<string, string | null> }).data;
    const decoded = (text: string) => JSON.parse(Buffer.from(text, 'base64').toString()) as { expiresAt: string };
    expect(before && decoded(before).expiresAt).toBe(left === undefined ? null : iso(NOW + left));
    const [[id = '', text] = []] = Object.entries(rest);
    expect(idOf(/ay_\S+/.exec(errors)?.[0] ?? '', { [id]: decoded(text ?? '') })).toBe(id);
  });
});
