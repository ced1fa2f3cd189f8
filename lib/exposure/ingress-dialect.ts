import type { GatewayPath } from './gateway-paths';
import type { IngressPath } from './ingress';
import { routerTimeoutSeconds } from './router-timeout';

/** What an ingress controller is told of a gateway. */
export interface IngressRouting {
  /** Path of the gateway's public URL, which the gateway does not know; empty for the root. */
  readonly base: string;
  readonly paths: readonly GatewayPath[];
}

/** The same with how long a request may take, which is known only when the program is complete. */
export interface TimedIngressRouting extends IngressRouting {
  readonly longestDeadlineMs: number;
  /** Whether the gateway speaks TLS itself. */
  readonly servesTls: boolean;
}

/** Annotations; one without a value is left out. */
export type IngressAnnotations = Record<string, string | undefined>;

/** A custom resource that an Ingress needs beside it. */
export interface IngressCompanion {
  readonly apiVersion: string;
  readonly kind: string;
  /** What is added to the name of the Ingress. */
  readonly suffix: string;
  readonly spec: unknown;
}

/** How one kind of controller is told what a gateway needs: long answers, streams that are passed on at once, its paths. */
export interface IngressDialect {
  /** Name of the class that the controller usually has. */
  readonly usualClass?: string;
  /** Whether it can take the path of a public URL away. */
  readonly takesBaseAway: boolean;
  /** Whether it can speak TLS to a gateway. */
  readonly speaksTls: boolean;
  annotations(
    routing: TimedIngressRouting,
    place: { readonly name: string; readonly namespace: string },
  ): IngressAnnotations;
  paths(routing: IngressRouting): IngressPath[];
  companions(routing: IngressRouting): IngressCompanion[];
}

const asPrefixes = ({ paths }: IngressRouting): IngressPath[] =>
  paths.map(({ path }) => ({ path, pathType: 'Prefix' }));

/** A path within a regular expression: of what it may hold, only the dot means more there. */
const quoted = (path: string) => path.replaceAll('.', '\\.');

/** Community's controller. It refuses a `.` in a Prefix, and has the timeouts of nginx: 60 s of silence. */
export const NGINX: IngressDialect = {
  usualClass: 'nginx',
  takesBaseAway: true,
  speaksTls: true,
  annotations: ({ base, longestDeadlineMs, servesTls }) => {
    const prefix = 'nginx.ingress.kubernetes.io';
    const seconds = String(routerTimeoutSeconds(longestDeadlineMs));
    return {
      [`${prefix}/force-ssl-redirect`]: 'true',
      [`${prefix}/backend-protocol`]: servesTls ? 'HTTPS' : undefined,
      [`${prefix}/proxy-read-timeout`]: seconds,
      [`${prefix}/proxy-send-timeout`]: seconds,
      [`${prefix}/proxy-buffering`]: 'off',
      // The gateway has a limit of its own, and stops reading there.
      [`${prefix}/proxy-body-size`]: '0',
      [`${prefix}/proxy-request-buffering`]: 'off',
      ...(base === '' ? {} : { [`${prefix}/use-regex`]: 'true', [`${prefix}/rewrite-target`]: '/$1' }),
    };
  },
  paths: ({ base, paths }) =>
    paths.map(({ path, served }) => ({
      path: base === '' ? path : `${quoted(path.slice(0, path.length - served.length))}/(${quoted(served.slice(1))}.*)`,
      pathType: 'ImplementationSpecific',
    })),
  companions: () => [],
};

/**
 * Traefik neither buffers answers nor ends silent ones; its entry point decides about plain HTTP. It checks a gateway's
 * certificate by the address of the pod, which no certificate has.
 */
export const TRAEFIK: IngressDialect = {
  usualClass: 'traefik',
  takesBaseAway: true,
  speaksTls: false,
  annotations: ({ base }, { name, namespace }) => ({
    'traefik.ingress.kubernetes.io/router.entrypoints': 'websecure',
    'traefik.ingress.kubernetes.io/router.tls': 'true',
    ...(base === ''
      ? {}
      : { 'traefik.ingress.kubernetes.io/router.middlewares': `${namespace}-${name}-base@kubernetescrd` }),
  }),
  paths: asPrefixes,
  companions: ({ base }) => {
    if (base === '') return [];
    // Of what does not begin with it, such as the metadata's path, nothing is taken away.
    const spec = { stripPrefix: { prefixes: [base] } };
    return [{ apiVersion: 'traefik.io/v1alpha1', kind: 'Middleware', suffix: '-base', spec }];
  },
};

/** The controller of HAProxy Technologies; HAProxy passes on what comes, and has a limit of 50 s of silence. */
export const HAPROXY: IngressDialect = {
  usualClass: 'haproxy',
  takesBaseAway: true,
  speaksTls: true,
  annotations: ({ base, longestDeadlineMs, servesTls }) => ({
    'haproxy.org/ssl-redirect': 'true',
    'haproxy.org/server-ssl': servesTls ? 'true' : undefined,
    'haproxy.org/timeout-server': `${routerTimeoutSeconds(longestDeadlineMs)}s`,
    ...(base === '' ? {} : { 'haproxy.org/path-rewrite': `^${quoted(base)}(/.*)$ \\1` }),
  }),
  paths: asPrefixes,
  companions: () => [],
};

/** What stands for the timeout, in seconds, in an annotation of a controller that is not among these. */
export const SECONDS = '{seconds}';

/** A controller that is told by the given annotations alone. */
export function otherDialect(
  annotations: Readonly<Record<string, string>>,
  can: Pick<IngressDialect, 'takesBaseAway' | 'speaksTls'>,
): IngressDialect {
  return {
    ...can,
    annotations: ({ longestDeadlineMs }) => {
      const seconds = String(routerTimeoutSeconds(longestDeadlineMs));
      const filled = Object.entries(annotations).map(([key, value]) => [key, value.replaceAll(SECONDS, seconds)]);
      return Object.fromEntries(filled) as Record<string, string>;
    },
    paths: asPrefixes,
    companions: () => [],
  };
}
