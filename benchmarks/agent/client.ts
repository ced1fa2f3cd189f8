import { Agent, request } from 'node:http';
import { answerTo, questionOf, type Kind } from './question';
import type { RunningAgent } from './contender';

/** Asks an agent, by connections that are kept. */
export class Client {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity });
  private asked = 0;

  private constructor(
    private readonly port: number,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  /** @returns one that may ask for a minute */
  public static async of(agent: RunningAgent): Promise<Client> {
    return new Client(agent.port, await agent.headers());
  }

  /**
   * Asks, and reads the stream to its end.
   *
   * @returns how long that took, in milliseconds
   * @throws Error for an answer that is not the right one
   */
  public async ask(kind: Kind): Promise<number> {
    const question = questionOf(kind, (this.asked += 1));
    const started = performance.now();
    const { status, text } = await this.post(JSON.stringify({ input: question }));
    const taken = performance.now() - started;
    if (status === 200 && text.includes(answerTo(question)) && !text.includes('event: failed')) return taken;
    throw new Error(`${status}: ${text.slice(0, 500)}`);
  }

  public close(): void {
    this.agent.destroy();
  }

  private post(body: string): Promise<{ status: number | undefined; text: string }> {
    const { port, headers, agent } = this;
    return new Promise((resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', path: '/invoke', method: 'POST', headers, agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.once('end', () => resolve({ status: response.statusCode, text })).once('error', reject);
      });
      sent.once('error', reject).end(body);
    });
  }
}
