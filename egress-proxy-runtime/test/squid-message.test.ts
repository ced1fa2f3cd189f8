import { squidMessage, withoutPaths } from '../src/squid-message';

describe('a message of Squid', () => {
  it.each([
    ['2026/11/21 12:11:32| FATAL: Bungled squid.conf line 3', 'error', 'FATAL: Bungled squid.conf line 3'],
    ['2026/11/21 12:11:32 kid1| ERROR: DNS failure', 'error', 'ERROR: DNS failure'],
    ['2026/11/21 12:11:32| WARNING: too many http_port lines', 'warn', 'WARNING: too many http_port lines'],
    ['2026/11/21 12:11:32| Accepting connections', 'debug', 'Accepting connections'],
    ['2026/11/21 12:11:32| WARNING: no_suid: setuid(0)', 'debug', 'WARNING: no_suid: setuid(0)'],
    ['without a time', 'debug', 'without a time'],
  ] as const)('%s', (line, level, text) => expect(squidMessage(line)).toEqual({ level, text }));

  it.each([
    ['on URL: http://api.example.com/secret?key=1 x', 'on URL: http://api.example.com/[redacted] x'],
    ["'https://me:pass@api.example.com:8443/secret'", "'https://api.example.com:8443/[redacted]'"],
    ['http://api.example.com?key=1', 'http://api.example.com/[redacted]'],
    ['opening log stdio:/run/agentyard/access.log', 'opening log stdio:/run/agentyard/access.log'],
    ['CONNECT api.example.com:443', 'CONNECT api.example.com:443'],
  ])('shows no path, query or password: %s', (text, shown) => expect(withoutPaths(text)).toBe(shown));
});
