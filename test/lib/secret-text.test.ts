import { createHash, randomBytes } from 'node:crypto';
import { secretIn, secretInVariable } from '../../lib/hardening/secret-text';

const alphanumeric = (length: number) => randomBytes(length).toString('hex').slice(0, length);

describe('what looks like a credential', () => {
  it.each([
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIE'],
    ['a private key', '-----BEGIN PRIVATE KEY-----'],
    ['a private key', '-----BEGIN PGP PRIVATE KEY BLOCK-----'],
    ['an API key of a gateway', `Use ay_${'k'.repeat(12)}_${'x'.repeat(43)} for it.`],
    ['an access key of AWS', 'key: AKIA' + 'A1B2C3D4E5F6G7H8'],
    ['an API key of Google', 'AIza' + alphanumeric(35)],
    ['an API key of Anthropic', 'sk-ant-' + alphanumeric(40)],
    ['an API key of OpenAI', 'sk-proj-' + alphanumeric(48)],
    ['a token of GitHub', 'ghp_' + alphanumeric(36)],
    ['a token of GitLab', 'glpat-' + alphanumeric(20)],
    ['a token of Slack', 'xoxb-' + alphanumeric(24)],
    ['a token of npm', 'npm_' + alphanumeric(36)],
    ['a key of Stripe', 'sk_live_' + alphanumeric(24)],
    ['a token of Vault', 'hvs.' + alphanumeric(30)],
    [
      'a JSON Web Token',
      ['{"alg":"HS256"}', '{"sub":"1234567890"}', 'signature-of-it-all']
        .map((part) => Buffer.from(part).toString('base64url'))
        .join('.'),
    ],
    ['a URL with a password', 'postgres://app:hunter2@db.example.com/app'],
  ])('%s', (kind, text) => {
    expect(secretIn(`Before it, ${text} and after.`)).toBe(kind);
  });

  it.each([
    'You help operators to read their logs. Never show a password or an API key.',
    'Ask for an id such as ask-for-something-long-enough-to-be-a-word-of-its-own.',
    'See https://example.com:8080/path and mailto:jane@example.com',
    `The hash is ${createHash('sha256').update('x').digest('hex')}.`,
    'sk-learn is a library, and so is xoxo.',
    '-----BEGIN CERTIFICATE-----',
  ])('not: %s', (text) => {
    expect(secretIn(text)).toBeUndefined();
  });
});

describe('a variable', () => {
  it.each([
    ['DB_PASSWORD', 'hunter2'],
    ['DB_PASSWORD', '20261126'],
    ['GITHUB_TOKEN', 'abc'],
    ['apiKey', 'abc'],
    ['AWS_SECRET_ACCESS_KEY', 'abc'],
    ['DATABASE_URL', 'postgres://app:hunter2@db/app'],
  ])('%s with a value of its own holds a secret', (name, value) => {
    expect(secretInVariable(name, value)).toBeDefined();
  });

  it.each([
    ['DB_PASSWORD', ''],
    ['ASK_FOR_PASSWORD', '1'],
    ['DB_PASSWORD_FILE', '/run/secrets/password'],
    ['API_TOKEN', '/run/secrets/token'],
    ['MAX_TOKENS', '4096'],
    ['TOKEN', 'true'],
    ['TOKEN_URL', 'https://login.example.com/token'],
    ['MONKEY', 'banana'],
  ])('%s=%s does not', (name, value) => {
    expect(secretInVariable(name, value)).toBeUndefined();
  });
});
