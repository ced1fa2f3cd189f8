import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { REQUEST_ID_HEADER, type Dispatcher, type Logger } from '@agentyard/runtime-kit';
import type { EndpointResolver, ServiceAddress } from '../../balance/endpoint-resolver.js';
import type { ForwardedExchange } from './forwarded-exchange.js';
import type { PeerEnvelopes } from './peer-envelope.js';
import type { PeerNote } from './peer-note.js';

/** Paths of the port where replicas talk to each other. */
export const NOTE_PATH = '/v1/peer/note';
export const EXCHANGE_PATH = '/v1/peer/exchange';

/** How long a replica may take to take a note, in milliseconds. */
const NOTE_TIMEOUT_MS = 2_000;

/** What stands between the origin of a replica and the rest of what it is called; no origin has it. */
const INSTANCE_MARK = '#';

/** Status of what a replica does not take as another one's; who calls was checked before it was passed on. */
const REFUSED = 403;

/** Headers of an answer that go on to the client. */
const PASSED = ['allow', 'cache-control', 'content-type', 'mcp-session-id', 'retry-after', 'x-accel-buffering'];

/** How this replica reaches the others. */
export interface PeersOptions {
  readonly dispatcher: Dispatcher;
  readonly resolver: EndpointResolver;
  /** Name that resolves to all replicas. @default - there are no others */
  readonly service?: ServiceAddress;
  /** Origin of this replica. */
  readonly self: string;
  readonly envelopes: PeerEnvelopes;
  readonly log: Logger;
}

/** The other replicas of this gateway. */
export class Peers {
  /**
   * What this replica is called in what clients keep: its origin, which is empty without others, and what tells it from
   * one that was there before. A container that is started anew has the address of its pod, and nothing else.
   */
  public readonly self: string;

  public constructor(private readonly options: PeersOptions) {
    this.self = `${options.self}${INSTANCE_MARK}${randomBytes(6).toString('base64url')}`;
  }

  /** Tells all others something; one that does not hear it has nothing that it is about, or is gone. */
  public async tell(note: PeerNote): Promise<void> {
    const { dispatcher, envelopes, log } = this.options;
    const others = await this.others().catch(() => []);
    await Promise.all(
      others.map(async (origin) => {
        try {
          const { body } = await dispatcher.request({
            origin,
            path: NOTE_PATH,
            method: 'POST',
            headers: { 'content-type': 'text/plain' },
            body: envelopes.close(note, origin),
            signal: AbortSignal.timeout(NOTE_TIMEOUT_MS),
          });
          await body.dump();
        } catch (error) {
          log.debug({ event: 'peer-unreachable', peer: origin, err: error }, 'a replica was not told');
        }
      }),
    );
  }

  /**
   * Has another replica answer a request.
   *
   * @param owner what it is called
   * @param signal aborted when the client leaves
   * @returns whether it was there; if not, nothing was answered
   */
  public async answer(
    owner: string,
    exchange: ForwardedExchange,
    requestId: string,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { dispatcher, envelopes, log } = this.options;
    const [origin = ''] = owner.split(INSTANCE_MARK);
    // An address of before may be another pod's by now.
    if (!(await this.others()).includes(origin)) return false;
    let answer: Dispatcher.ResponseData;
    try {
      answer = await dispatcher.request({
        origin,
        path: EXCHANGE_PATH,
        method: 'POST',
        headers: { 'content-type': 'text/plain', [REQUEST_ID_HEADER]: requestId },
        body: envelopes.close(exchange, origin),
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ event: 'peer-unreachable', peer: origin, err: error }, 'a replica is not there any more');
      return false;
    }
    if (answer.statusCode === REFUSED) {
      await answer.body.dump();
      log.warn({ event: 'peer-refuses', peer: origin }, 'a replica does not take what another one passes on');
      return false;
    }
    const broken = await pass(answer, response);
    if (broken !== undefined) {
      log.warn({ event: 'peer-unreachable', peer: origin, err: broken }, 'a replica has not ended its answer');
    }
    return true;
  }

  private async others(): Promise<readonly string[]> {
    const { resolver, service, self } = this.options;
    if (service === undefined) return [];
    return (await resolver.resolve(service)).filter((origin) => origin !== self);
  }
}

/** @returns what has cut it, and the connection of its client: how it would have ended nobody knows */
async function pass(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  response: ServerResponse,
): Promise<Error | undefined> {
  const passed = Object.entries(headers).filter(([name, value]) => PASSED.includes(name) && value !== undefined);
  response.writeHead(statusCode, Object.fromEntries(passed) as Record<string, string>);
  response.flushHeaders();
  return new Promise((resolve) => {
    body.on('error', (error) => {
      resolve(response.destroyed ? undefined : error);
      response.destroy();
    });
    response.on('finish', () => resolve(undefined));
    response.on('close', () => resolve(undefined));
    body.pipe(response);
  });
}
