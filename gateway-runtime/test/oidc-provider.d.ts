/** What the tests use of oidc-provider, which brings no types. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export class Provider {
    public constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    public callback(): (request: IncomingMessage, response: ServerResponse) => void;
  }
}
