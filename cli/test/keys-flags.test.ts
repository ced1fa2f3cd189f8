import { keysCommand } from '../src/keys/command';
import { duration, instant, utc } from '../src/keys/time';
import { runCommand } from './fixtures/run-command';

const PLACE = ['--secret', 'keys', '-n', 'agents'];

describe('agentyard keys, as a command', () => {
  it.each([
    [['create', ...PLACE, '--expires', '90d'], "required option '--user <name>' not specified"],
    [['create', '--user', ' jane'], 'without line breaks and without spaces around it'],
    [['create', '--user', 'ja\nne'], 'without line breaks'],
    [['create', '--user', '\u{1F600}'.repeat(200)], 'It must be 1 to 256 characters'],
    [['create', '--role', '*'], 'It must be 1 to 128 of a-z, A-Z, 0-9'],
    [['create', '--expires', '0d'], 'It must be 1 to 9999 minutes, hours, days or weeks'],
    [['create', '--expires-at', '2031-02-30T00:00:00Z'], 'It must be an instant with its time zone'],
    [['create', '--expires-at', '2031-02-03'], 'It must be an instant with its time zone'],
    [['create', '--user', 'jane', '--expires', '1d', '--no-expiry'], 'cannot be used with'],
    [['create', '--user', 'jane', '--expires', '1d', '--expires-at', '2031-01-01T00:00:00Z'], 'cannot be used with'],
    [['create', '--secret', '--all'], "argument '--all' is invalid. It must be the name of a Kubernetes object."],
    [['list', '-n', 'a/b'], 'It must be the name of a Kubernetes object.'],
    [['list', '--gateway', 'a/b/c'], 'It must be <name> or <namespace>/<name>.'],
    [['list', '--gateway', 'gateway', ...PLACE], 'cannot be used with'],
    [['revoke', ...PLACE], "missing required argument 'ids'"],
    [['revoke', 'a b'], 'It must be the id of a key'],
    [['rotate', 'x', '--overlap', '1y'], 'It must be 1 to 9999 minutes, hours, days or weeks'],
    [['rotate', 'x', '--overlap', '1h', '--now'], 'cannot be used with'],
  ])('refuses %j', async (words, message) => {
    const command = keysCommand();
    let errors = '';
    for (const one of [command, ...command.commands])
      one.exitOverride().configureOutput({ writeErr: (text) => void (errors += text) });
    await expect(command.parseAsync(words, { from: 'user' })).rejects.toThrow();
    expect(errors).toContain(message);
  });

  it('prints manifests without a cluster, and the exit code of what cannot be done is 1', async () => {
    const made = await runCommand('keys', 'create', ...PLACE, '--user', 'jane', '--expires', '90d', '--print');
    expect(made.code).toBe(0);
    expect(made.output).toMatch(/^apiVersion: v1\nkind: Secret\n/);
    expect(made.errors).toMatch(/^ {2}ay_k\w{16}_[\w-]{43}$/m);
    const refused = await runCommand('keys', 'list', ...PLACE, '--kubeconfig', '/nowhere/kubeconfig');
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.errors).toMatch(/^error: /);
    expect(refused.errors).not.toMatch(/^ +at /m);
  });
});

describe('times of keys', () => {
  it('are read in the words of people', () => {
    const hour = 3_600_000;
    expect(['30m', '24h', '90d', '2w'].map(duration)).toEqual([hour / 2, 24 * hour, 90 * 24 * hour, 14 * 24 * hour]);
    expect(instant('2031-01-01T01:00:00+01:00')).toBe(Date.parse('2031-01-01T00:00:00Z'));
  });

  it('are written in UTC, to the second, and within what documents know', () => {
    expect(utc(Date.parse('2031-01-01T01:00:00.999+01:00'))).toBe('2031-01-01T00:00:00Z');
    expect(utc(instant('9999-12-31T23:59:59-12:00'))).toBe('9999-12-31T23:59:59Z');
  });
});
