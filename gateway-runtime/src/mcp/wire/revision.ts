/** Revisions of MCP that have no session, served here. */
export const MODERN_REVISIONS: readonly string[] = ['2026-07-28'];

/** Revisions that begin with `initialize`, served here; the newest first. */
export const LEGACY_REVISIONS: readonly string[] = ['2025-11-25', '2025-06-18', '2025-03-26'];

/** The one of the legacy revisions that has batches, and that a client without a header speaks (MCP 2025-06-18, Transports). */
export const BATCH_REVISION = '2025-03-26';

/** The first revision whose clients take up a stream that ends before its answer (MCP 2025-11-25, Transports, "Sending Messages"). */
const POLLING_REVISION = '2025-11-25';

/** Whether a client of a revision with sessions comes back for an answer that was not in its stream. Revisions are dates. */
export function comesBack(revision: string): boolean {
  return revision >= POLLING_REVISION;
}

/** Whether a revision, served or not, is of the era without sessions. Revisions are dates. */
export function isModern(revision: string): boolean {
  return revision >= '2026-07-28';
}

/** What `initialize` agrees on: the client's revision, else the newest one (MCP 2025-11-25, Lifecycle). */
export function negotiated(requested: string): string {
  return LEGACY_REVISIONS.includes(requested) ? requested : (LEGACY_REVISIONS[0] ?? requested);
}
