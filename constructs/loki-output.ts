import { SynthError } from '../lib/errors/synth-error';
import type { LokiTarget } from '../lib/monitoring/cluster-log-forwarder';
import { checkedLabel, checkedObjectName } from '../lib/workload/names';

/** A LokiStack of the Loki operator. */
export interface LokiStackOptions {
  /** Name of the LokiStack. */
  readonly name: string;
  /**
   * Its namespace.
   * @default 'openshift-logging'
   */
  readonly namespace?: string;
}

/** Options of a Loki that is known by its URL. */
export interface LokiUrlOptions {
  /**
   * Tenant that the lines belong to.
   * @default - none: the server has one tenant
   */
  readonly tenant?: string;
  /**
   * Secret with a bearer token as its entry `token`, in the namespace of the forwarder.
   * @default - none: the server asks for none
   */
  readonly tokenSecretName?: string;
  /**
   * ConfigMap with the server's certificate authority as its entry `ca-bundle.crt`, in the namespace of the forwarder.
   * @default - none: a public authority
   */
  readonly authorityConfigMapName?: string;
}

const TENANT = /^[a-zA-Z0-9_./-]+$/;
const AUTHORITY_KEY = 'ca-bundle.crt';

/** The Loki that logs are sent to. */
export class LokiOutput {
  /** A LokiStack in the cluster, shown the token of the forwarder's ServiceAccount. */
  public static lokiStack(options: LokiStackOptions): LokiOutput {
    const { name, namespace = 'openshift-logging' } = options;
    const place = 'LokiOutput.lokiStack';
    if (!/^[a-z][a-z0-9-]{2,62}[a-z0-9]$/.test(name)) {
      throw new SynthError('LOKI_INVALID', place, {
        message: `"${name}" is no name that a log forwarder takes for a LokiStack`,
        remedy: 'Give 4 to 64 of a-z, 0-9 and "-", a letter first',
      });
    }
    return new LokiOutput({ kind: 'lokiStack', name, namespace: checkedLabel(place, namespace) });
  }

  /** Any Loki, by its URL. */
  public static url(url: string, options: LokiUrlOptions = {}): LokiOutput {
    const { tenant, tokenSecretName, authorityConfigMapName } = options;
    const place = 'LokiOutput.url';
    checkUrl(place, url);
    if (tenant !== undefined && !TENANT.test(tenant)) {
      throw new SynthError('LOKI_INVALID', place, {
        message: `"${tenant}" is no tenant that a log forwarder takes`,
        remedy: 'Use letters, digits, "-", "_", "." and "/"',
      });
    }
    return new LokiOutput({
      kind: 'url',
      url,
      tenant,
      tokenSecret: tokenSecretName && checkedObjectName(place, tokenSecretName),
      authority: authorityConfigMapName
        ? { configMap: checkedObjectName(place, authorityConfigMapName), key: AUTHORITY_KEY }
        : undefined,
    });
  }

  /** @internal */
  public readonly _target: LokiTarget;

  private constructor(target: LokiTarget) {
    this._target = target;
  }
}

function checkUrl(place: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const credentials = url !== undefined && url.username + url.password !== '';
  if (url !== undefined && !credentials && /^https?:$/.test(url.protocol)) return;
  throw new SynthError('LOKI_INVALID', place, {
    // What holds credentials is not repeated.
    message: credentials ? 'the URL holds credentials' : `"${text}" is no URL with http or https`,
    remedy: "Give one without credentials, for example 'https://loki.example.com'; a token comes from a Secret",
  });
}
