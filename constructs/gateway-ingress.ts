import { Lazy } from 'cdk8s';
import { Construct } from 'constructs';
import { reportFault } from '../lib/errors/deferred';
import { SynthError } from '../lib/errors/synth-error';
import { ingressSpec } from '../lib/exposure/ingress';
import { addExtraObject } from './extra-object';
import { exposeGateway, routedTlsFaults } from './gateway-exposure';
import type { IngressController } from './ingress-controller';
import type { McpGateway } from './mcp-gateway';
import type { ServingCertificate } from './serving-certificate';

/** Properties of an Ingress. */
export interface GatewayIngressProps {
  /** Gateway that it leads to; it needs a `publicUrl`. */
  readonly gateway: McpGateway;
  /** Controller that serves it. */
  readonly controller: IngressController;
  /** What it shows its clients. */
  readonly certificate: ServingCertificate;
  /**
   * Class of the Ingress.
   * @default - the usual one of the controller; with `IngressController.other` that of the cluster
   */
  readonly ingressClassName?: string;
}

/**
 * An Ingress for the public URL of a gateway, in its namespace. It waits for the longest request, and lets in the pods of
 * the cluster's ingress as its profile names them. Only what clients call is routed, no health checks and no metrics.
 */
export class GatewayIngress extends Construct {
  public constructor(scope: Construct, id: string, props: GatewayIngressProps) {
    super(scope, id);
    const { gateway, certificate, ingressClassName } = props;
    const dialect = props.controller._dialect;
    const { namespace, host, base, paths, backend } = exposeGateway(this, gateway);
    if (base !== '' && !dialect.takesBaseAway) this.reportBase(base);
    const place = { name: id, namespace };
    const routing = { base, paths };
    const annotations = () => ({
      ...dialect.annotations(
        { ...routing, longestDeadlineMs: gateway._longestDeadlineMs, servesTls: gateway._servesTls },
        place,
      ),
      ...certificate._issuer?._ingressAnnotations,
    });
    this.node.defaultChild = addExtraObject(this, 'ingress', {
      ...place,
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      annotations,
      content: {
        spec: Lazy.any({
          produce: () =>
            ingressSpec({
              className: ingressClassName ?? dialect.usualClass,
              host,
              paths: dialect.paths(routing),
              backend,
              certificateSecret: certificate._secretName ?? (certificate._issuer && `${id}-tls`),
            }),
        }),
      },
    });
    this.node.addValidation({ validate: () => routedTlsFaults(this, gateway, dialect.speaksTls) });
    for (const { apiVersion, kind, suffix, spec } of dialect.companions(routing)) {
      addExtraObject(this, kind.toLowerCase(), {
        apiVersion,
        kind,
        name: `${id}${suffix}`,
        namespace,
        content: { spec },
      });
    }
  }

  private reportBase(base: string): void {
    const fault = new SynthError('OPTION_UNSUPPORTED', this, {
      message: `the gateway serves "/mcp" and not "${base}/mcp", and nothing takes the path of its publicUrl away`,
      remedy: 'Let the annotations do it and say removesBasePath: true, or give the gateway a host of its own',
    });
    reportFault(this, fault);
  }
}
