import { RE2JS } from 're2js';
import { z } from 'zod';

/** Longest DNS label, RFC 1123. */
export const DNS_LABEL_LENGTH = 63;

/** A name that Kubernetes accepts for Services and namespaces: a DNS label, RFC 1123. */
export const dnsLabel = z
  .string()
  .max(DNS_LABEL_LENGTH)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be a DNS label: a-z, 0-9 and "-", at most 63 characters');

/** A name of objects of Kubernetes: a DNS subdomain, RFC 1123. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'must be the name of an object: a-z, 0-9, "-" and "."');

/** A host name, or an IPv4 address. */
export const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/, 'must be a host name');

/** A TCP port. */
export const port = z.int().min(1).max(65535);

/** A span of time in milliseconds, at most 15 minutes. */
export const milliseconds = z.int().min(1).max(900_000);

/** A size in bytes. */
export const bytes = z.int().min(1).max(Number.MAX_SAFE_INTEGER);

/** An absolute path of a container's file system. */
export const absolutePath = z.string().regex(/^\/[^\0]*$/, 'must be an absolute path');

/** An ES module below a directory, by a path whose segments are neither `.` nor `..`. */
export const modulePath = z
  .string()
  .regex(
    /^(?!\.{1,2}\/)(?!.*\/\.{1,2}\/)[\w@.-]+(\/[\w@.-]+)*\.m?js$/,
    'must be a relative path of an .mjs or .js file, without ".."',
  );

/** A tool's name as models and MCP clients may call it: the pattern that every supported provider accepts. */
export const toolName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/,
    'must be 1 to 64 of a-z, A-Z, 0-9, "_" and "-", and begin with a letter or "_"',
  );

/** The name of an environment variable. */
export const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name');

/** A regular expression in RE2's syntax, which matches in time linear in its input. */
export const re2Pattern = z
  .string()
  .min(1)
  .max(1000)
  .superRefine((pattern, context) => {
    try {
      RE2JS.compile(pattern);
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: `must be a regular expression in RE2 syntax: ${(error as Error).message}`,
      });
    }
  });

/** A base URL of a model endpoint. */
export const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === '', {
    error: 'must carry no user name or password; credentials come by reference',
  });

/** A JSON Schema of a tool's input or output; MCP requires an object at the root. */
export const objectSchema = z.looseObject({ type: z.literal('object') });

/** Where a server listens. */
export const listen = z
  .strictObject({
    port: port.describe('TCP port, on all interfaces of the pod.'),
    metricsPort: port.optional().describe('TCP port of the metrics; absent: none are served.'),
  })
  .refine((value) => value.metricsPort !== value.port, {
    path: ['metricsPort'],
    error: 'must be another port than that of requests, which anybody may call who calls the runtime',
  });

/** How a runtime ends. */
export const shutdown = z.strictObject({
  graceMs: milliseconds.describe('How long requests in flight may run on after SIGTERM.'),
});
