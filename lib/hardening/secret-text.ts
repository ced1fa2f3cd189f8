/** Credentials by the form that their issuers give them, each far from what a text holds by chance. */
const FORMS: readonly (readonly [kind: string, form: RegExp])[] = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----/],
  ['an API key of a gateway', /\bay_[a-z0-9]{8,32}_[A-Za-z0-9_-]{43}/],
  ['an access key of AWS', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['an API key of Google', /\bAIza[0-9A-Za-z_-]{35}/],
  ['an API key of Anthropic', /\bsk-ant-[A-Za-z0-9_-]{20,}/],
  ['an API key of OpenAI', /\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}/],
  ['a token of GitHub', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})/],
  ['a token of GitLab', /\bglpat-[A-Za-z0-9_-]{20,}/],
  ['a token of Slack', /\bxox[abeprs]-[A-Za-z0-9-]{10,}/],
  ['a token of npm', /\bnpm_[A-Za-z0-9]{36}\b/],
  ['a key of Stripe', /\b[rs]k_live_[A-Za-z0-9]{16,}/],
  ['a token of Vault', /\bhv[sb]\.[A-Za-z0-9_-]{24,}/],
  ['an account key of Azure', /\bAccountKey=[A-Za-z0-9+/]{86}==/],
  ['a JSON Web Token', /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{16,}/],
  ['a URL with a password', /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{1,64}:[^\s/:@]{3,256}@[A-Za-z0-9]/],
];

/** Names of variables whose values are secret. */
const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SECRET)_?KEY)$/i;

/** Values that say where a secret is or what it is like, and are none: numbers, switches, paths, URLs. */
const NO_SECRET = /^(?:\d*|true|false|yes|no|on|off|none|\/[\w./-]*|https?:\/\/[^\s@]*)$/i;

/** Numbers that a variable of this name does not merely count or switch something with. */
const SECRET_NUMBER = { name: /(?:PASSWORD|PASSWD|PASSPHRASE)$/i, value: /^\d{4,}$/ };

/** What in a text looks like a credential, in words; absent if nothing does. */
export function secretIn(text: string): string | undefined {
  return FORMS.find(([, form]) => form.test(text))?.[0];
}

/** As `secretIn`, of the value of an environment variable, whose name may tell too. */
export function secretInVariable(name: string, value: string): string | undefined {
  const found = secretIn(value);
  if (found !== undefined) return found;
  const isNumber = SECRET_NUMBER.name.test(name) && SECRET_NUMBER.value.test(value);
  return SECRET_NAME.test(name) && (isNumber || !NO_SECRET.test(value)) ? 'a secret, by its name' : undefined;
}
