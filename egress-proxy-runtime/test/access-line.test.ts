import { accessEntry } from '../src/access-line';

/** A line as Squid writes it; the fields are those of the format in squid.conf. */
const line = (fields: Partial<Record<string, string>>): string =>
  [
    '1795263094.473',
    fields.client ?? '10.77.3.2',
    '10001',
    fields.method ?? 'CONNECT',
    fields.host ?? 'api.example.com',
    '443',
    fields.status ?? '200',
    fields.squid ?? 'NONE_NONE',
    fields.address ?? '-',
    fields.bump ?? 'splice',
    fields.name ?? 'api.example.com',
    '67',
    '2513',
    '53',
    fields.error ?? '-',
    fields.reason ?? '-',
  ].join(' ');

describe('a line of the access log', () => {
  it.each([
    ['a tunnel that may pass', {}, { outcome: 'allowed' }],
    [
      'a tunnel that has ended',
      { squid: 'TCP_TUNNEL', address: '203.0.113.10' },
      { outcome: 'ended', address: '203.0.113.10' },
    ],
    ['a tunnel whose host is down', { status: '503', address: '203.0.113.99' }, { outcome: 'failed', status: 503 }],
    ['a tunnel that the parent refused', { squid: 'TCP_TUNNEL', status: '403' }, { outcome: 'failed', status: 403 }],
    [
      'an undeclared host',
      { status: '403', name: '-', error: 'ERR_FORWARDING_DENIED', reason: 'undeclared' },
      { outcome: 'refused', reason: 'undeclared', status: 403 },
    ],
    [
      'another server name',
      { bump: 'terminate', name: 'evil.example.org', reason: 'server-name' },
      { outcome: 'refused', reason: 'server-name', serverName: 'evil.example.org' },
    ],
    ['no TLS', { bump: 'peek', name: '-', error: 'ERR_PROTOCOL_UNKNOWN' }, { outcome: 'refused', reason: 'not-tls' }],
    ['a client that leaves before TLS', { bump: 'peek', name: '-' }, { outcome: 'refused', reason: 'no-client-hello' }],
    ['plain HTTP', { method: 'GET', squid: 'TCP_MISS', bump: '-', name: '-' }, { outcome: 'allowed', method: 'GET' }],
    [
      'what its server answered with 503',
      { method: 'GET', squid: 'TCP_MISS', status: '503', bump: '-', name: '-' },
      { outcome: 'allowed', status: 503 },
    ],
    [
      'plain HTTP to a host that is down',
      { method: 'GET', squid: 'NONE_NONE', status: '503', bump: '-', name: '-', error: 'ERR_CONNECT_FAIL' },
      { outcome: 'failed', status: 503 },
    ],
    [
      'a request that is none for a proxy',
      { method: 'GET', status: '403', bump: '-', name: '-', error: 'ERR_ACCESS_DENIED' },
      { outcome: 'refused', reason: 'request-invalid' },
    ],
  ])('tells of %s', (_, fields, expected) => expect(accessEntry(line(fields))).toMatchObject(expected));

  it('says who asked, at which port, for what', () => {
    expect(accessEntry(line({ name: 'API.example.com' }))).toEqual({
      outcome: 'allowed',
      client: '10.77.3.2',
      listPort: 10_001,
      method: 'CONNECT',
      host: 'api.example.com',
      hostPort: 443,
      status: 200,
      receivedBytes: 67,
      sentBytes: 2513,
      duration_ms: 53,
    });
  });

  it('shows what a client chose as text that no log reader takes for more', () => {
    const entry = accessEntry(line({ name: 'a%0a%22%20b%ff%c3%bc', bump: 'terminate', reason: 'server-name' }));
    expect(entry?.serverName).toBe('a%0a%22%20b%ff%c3%bc');
    expect(accessEntry(line({ name: 'a%0a%22%20b', bump: 'terminate' }))?.serverName).toBe('a?" b');
  });

  it.each([
    ['a connection without a request', line({ method: '-', host: '-', status: '0' })],
    ['a probe of the supervisor', line({ client: '127.0.0.1', method: 'GET', host: '-', status: '400' })],
    ['fields that are not those of the format', `${line({})} more`],
    ['nothing', ''],
  ])('is passed over: %s', (_, text) => expect(accessEntry(text)).toBeUndefined());
});
