import { z } from 'zod';
import { documentHead, type DocumentDefinition } from './document';
import { dnsLabel } from './fields';
import { serviceAudience } from './service-identity';

const objectName = z.string().min(1).max(253);

const schema = z
  .strictObject({
    ...documentHead('Trust'),
    name: dnsLabel,
    namespace: dnsLabel,
    bundles: z
      .array(z.strictObject({ namespace: dnsLabel, configMap: objectName }))
      .describe('ConfigMaps that the trust bundle is written to.'),
    gateways: z
      .array(
        z.strictObject({
          issuer: serviceAudience.describe('`iss` of its user claims.'),
          namespace: dnsLabel,
          secret: objectName.describe('Secret that holds its signing keys.'),
        }),
      )
      .describe('Gateways whose signing keys are made and renewed.'),
    rotation: z
      .strictObject({
        everyMs: z.int().min(3_600_000).describe('Age at which a signing key is followed by a new one.'),
        leadMs: z.int().min(300_000).describe('Time from the publication of a key until it signs.'),
        keepMs: z.int().min(1_200_000).describe('Time for which a key is published after its successor signs.'),
      })
      .describe('How signing keys are renewed.'),
  })
  .superRefine(({ gateways }, context) => {
    gateways.forEach(({ issuer }, i) => {
      if (gateways.findIndex((other) => other.issuer === issuer) === i) return;
      context.addIssue({ code: 'custom', path: ['gateways', i, 'issuer'], message: `"${issuer}" is listed twice` });
    });
  });

/** `trust.json`: whose keys are published where. Read by the trust runtime and by `agentyard trust`. */
export const trustDocument: DocumentDefinition<typeof schema> = { kind: 'Trust', file: 'trust.json', schema };
export type TrustDocument = z.output<typeof schema>;
export type TrustDocumentInput = z.input<typeof schema>;
