import type { TrustedProxies } from './trusted-proxies';

/** How much a replica of a gateway takes in. What is beyond it is refused, and nothing else suffers. */
export interface GatewayIntake {
  /**
   * Most connections at once.
   * @default 20000
   */
  readonly connections?: number;
  /**
   * Most answers at once that are streams of events.
   * @default 15000
   */
  readonly streams?: number;
  /**
   * Most of them for one user.
   * @default 200
   */
  readonly streamsPerUser?: number;
  /**
   * Most arrays and objects within each other in a body, 4 to 1000.
   * @default 64
   */
  readonly jsonDepth?: number;
  /**
   * Most members of objects and elements of arrays in a body, at least 16.
   * @default 100000
   */
  readonly jsonMembers?: number;
}

/** Who and how much comes in at a gateway. */
export interface GatewayDoorOptions {
  /**
   * Origins of web pages that may call it from a browser (CORS), for example `https://app.example.com`.
   * @default - none but those of its own host
   */
  readonly allowedOrigins?: string[];
  /**
   * Host names by which clients call it beside that of its `publicUrl` and those of its Service. Requests for other names
   * are refused; addresses and `localhost` need not be named.
   * @default - none
   */
  readonly hostnames?: string[];
  /**
   * Proxies in front of it, which are believed who the client is.
   * @default - those of the cluster's profile; without any, the client is who connects
   */
  readonly trustedProxies?: TrustedProxies;
  /**
   * How much one replica takes in.
   * @default - as the members say
   */
  readonly intake?: GatewayIntake;
}
