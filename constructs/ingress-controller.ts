import { HAPROXY, NGINX, otherDialect, TRAEFIK, type IngressDialect } from '../lib/exposure/ingress-dialect';

/** Options of a controller that this library does not know. */
export interface OtherIngressControllerOptions {
  /**
   * Annotations that let answers take their time, and streams through at once. `{seconds}` in a value stands for the time
   * that the longest request may take.
   */
  readonly annotations: Record<string, string>;
  /**
   * Whether they also take the path of the gateway's `publicUrl` away from requests.
   * @default false
   */
  readonly removesBasePath?: boolean;
  /**
   * Whether they also let it speak TLS to a gateway that serves TLS.
   * @default false
   */
  readonly speaksTls?: boolean;
}

/** Which controller serves an Ingress: each is told in its own words. */
export class IngressController {
  /** The Kubernetes community's controller with nginx (`nginx.ingress.kubernetes.io`). */
  public static nginx(): IngressController {
    return new IngressController(NGINX);
  }

  /** Traefik, with its entry point `websecure`. */
  public static traefik(): IngressController {
    return new IngressController(TRAEFIK);
  }

  /** The controller of HAProxy Technologies (`haproxy.org`). */
  public static haproxy(): IngressController {
    return new IngressController(HAPROXY);
  }

  /** Any other controller. */
  public static other(options: OtherIngressControllerOptions): IngressController {
    return new IngressController(
      otherDialect(options.annotations, {
        takesBaseAway: options.removesBasePath ?? false,
        speaksTls: options.speaksTls ?? false,
      }),
    );
  }

  /** @internal */
  public readonly _dialect: IngressDialect;

  private constructor(dialect: IngressDialect) {
    this._dialect = dialect;
  }
}
