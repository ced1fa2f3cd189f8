import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** After so many requests, one in a hundred of them is among those recorded for sure. */
const CERTAIN_REQUESTS = 5_000;

/** A telemetry collector that takes what is posted, and reads none of it. */
export class SpanCollector {
  private batches = 0;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      this.batches += 1;
      request.resume().once('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
    });
  }

  public static async open(): Promise<SpanCollector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    return new SpanCollector(server);
  }

  /** URL that spans are posted to. */
  public get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/traces`;
  }

  public close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** @throws Error when requests were not recorded */
  public refuseMissingSpans(requests: number): void {
    if (requests < CERTAIN_REQUESTS || this.batches > 0) return;
    throw new Error(`the gateway recorded none of ${requests} requests`);
  }
}
