import { invokeResponse, parseValue, USER_CLAIM_HEADER, type InvokeResponse } from 'agentyard/contract';
import { audienceOf } from '../../runtime-kit/test/identity-fixture';
import type { RunningAgent } from './running-agent';

/** A user behind the gateway, who asks the agent of a test in sessions and decides about calls. */
export class SessionClient {
  public constructor(
    private readonly agent: RunningAgent,
    private readonly sub: string,
    private readonly roles: readonly string[] = [],
  ) {}

  public async send(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const { gateway } = this.agent.identity;
    const claim = await gateway.claim('guide', [audienceOf('guide'), audienceOf('weather')], {
      sub: this.sub,
      roles: [...this.roles],
    });
    return fetch(`${this.agent.url}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: {
        'content-type': 'application/json',
        authorization: await this.agent.identity.bearer(gateway.name, 'guide'),
        [USER_CLAIM_HEADER]: claim,
        ...headers,
      },
    });
  }

  /** Asks, or goes on where there is no input. */
  public async ask(sessionId: string | undefined, input?: string): Promise<InvokeResponse> {
    const path = input === undefined ? '/resume' : '/invoke';
    const response = await this.send(path, { sessionId, input });
    const body: unknown = await response.json();
    expect({ status: response.status, body }).toMatchObject({ status: 200 });
    return parseValue(invokeResponse, body, 'response');
  }

  /** What the agent refuses a request with. */
  public async refusal(path: string, body: unknown): Promise<{ readonly status: number; readonly code: string }> {
    const response = await this.send(path, body);
    const { code } = (await response.json()) as { readonly code: string };
    return { status: response.status, code };
  }
}
