const PROBE_TIMEOUT_MS = 2_000;

/** Asks a runtime whether it is ready. @returns the reasons why not; empty when it is */
export async function probe(fetchFrom: typeof fetch, url: string): Promise<readonly string[]> {
  try {
    const response = await fetchFrom(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
    const body = (await response.json()) as { readonly reasons?: readonly string[] };
    if (response.ok) return [];
    return body.reasons !== undefined && body.reasons.length > 0
      ? body.reasons
      : [`/readyz answers ${response.status}`];
  } catch (error) {
    return [`/readyz does not answer: ${(error as Error).message}`];
  }
}
