import { z } from 'zod';
import { absolutePath } from './fields';

const pair = {
  certificateFile: absolutePath.describe('File with the certificate and the chain to its authority, in PEM.'),
  keyFile: absolutePath.describe('File with the private key, in PEM.'),
};

/** How a runtime serves its port by TLS, version 1.2 or later. Files are read again when they change. */
export const serverTls = z
  .strictObject({
    ...pair,
    clients: z
      .strictObject({
        caFile: absolutePath.describe('File with the authorities of client certificates that count, in PEM.'),
        required: z
          .boolean()
          .describe('Whether requests without a client certificate are refused, those of health probes excepted.'),
      })
      .optional()
      .describe('Certificates of clients; absent: none are asked for. One that is shown has to be valid.'),
  })
  .describe('TLS on the port; absent: plain HTTP.');

const clientFiles = z
  .strictObject({
    caFile: absolutePath
      .optional()
      .describe('File with the authorities that count in place of the public ones, in PEM; absent: the public ones.'),
    clientCertificateFile: pair.certificateFile.optional().describe('File with the certificate to show, in PEM.'),
    clientKeyFile: pair.keyFile.optional().describe('File with its private key, in PEM.'),
  })
  .superRefine(({ clientCertificateFile, clientKeyFile }, context) => {
    if ((clientCertificateFile === undefined) === (clientKeyFile === undefined)) return;
    const path = [clientCertificateFile === undefined ? 'clientCertificateFile' : 'clientKeyFile'];
    context.addIssue({
      code: 'custom',
      path,
      message: 'certificate and key go together: name both files, or neither',
    });
  });

/** How a client checks the pods that it calls by their addresses, and shows who it is. Files are read again when they change. */
export const podsTls = clientFiles.describe(
  'TLS with its pods, whose certificates have to be for `host`; absent: plain HTTP.',
);

/** How a client checks a server, and shows who it is. Files are read again when they change. */
export const upstreamTls = clientFiles
  .superRefine(({ caFile, clientCertificateFile, clientKeyFile }, context) => {
    if (caFile === undefined && clientCertificateFile === undefined && clientKeyFile === undefined) {
      context.addIssue({ code: 'custom', path: [], message: 'names no file; leave `tls` out' });
    }
  })
  .describe('How TLS with it is set up; absent: by the public authorities, without a client certificate.');

/** Refuses `tls` beside a URL of plain http, where none of it would count. */
export function refuseTlsOfPlainUrls(
  urls: readonly (string | undefined)[],
  tls: unknown,
  context: z.RefinementCtx,
): void {
  const plain = urls.find((url) => url?.startsWith('http:'));
  if (tls === undefined || plain === undefined) return;
  context.addIssue({ code: 'custom', path: ['tls'], message: `counts for https, and not for ${plain}` });
}

export type ServerTls = z.output<typeof serverTls>;
export type UpstreamTls = z.output<typeof upstreamTls>;
