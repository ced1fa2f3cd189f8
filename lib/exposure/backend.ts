/** What a router forwards to: a gateway's Service, at the one port that it has. */
export interface Backend {
  /** Name of the Service. */
  readonly service: string;
  /** Name of its port. */
  readonly port: string;
}
