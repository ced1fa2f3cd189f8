import { z } from 'zod';
import { absolutePath, host, port } from './fields';

/** How any server of data is reached. */
export const serverAccess = {
  host: host.describe('Host name of the server.'),
  port,
  passwordFile: absolutePath
    .optional()
    .describe('File that holds the password, read with each connection; absent: none.'),
  tls: z
    .strictObject({
      caFile: absolutePath.optional().describe('File with the authorities that count; absent: the usual ones.'),
    })
    .optional()
    .describe('Absent: the connection is not encrypted.'),
};

/** How long one question to it may take, in milliseconds. */
export const questionTime = z.int().min(1).max(10_000).describe('How long one question to it may take.');
