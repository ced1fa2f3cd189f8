/** What a router forwards to: a gateway's Service, at the one port that clients call. */
export interface Backend {
  /** Name of the Service. */
  readonly service: string;
  /** Name of its port; known when the program is complete, as it says whether the port speaks TLS. */
  readonly port: () => string;
  /** Whether its port speaks TLS; known when the program is complete. */
  readonly tls: () => boolean;
}
