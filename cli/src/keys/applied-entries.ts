import { z } from 'zod';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

const fields = z.looseObject({ 'f:data': z.record(z.string(), z.unknown()).nullish() });

/** What is read of the metadata of an object to know who has written its entries. */
export const writers = {
  annotations: z.record(z.string(), z.string()).nullish(),
  managedFields: z.array(z.looseObject({ operation: z.string().nullish(), fieldsV1: fields.nullish() })).nullish(),
};

const lastApplied = z.looseObject({
  data: z.record(z.string(), z.unknown()).nullish(),
  stringData: z.record(z.string(), z.unknown()).nullish(),
});

/** Names of the entries that came from a manifest: whoever applies it again writes them again. */
export function appliedEntries({ annotations, managedFields }: Writers): ReadonlySet<string> {
  const { data, stringData } = clientSide(annotations?.[LAST_APPLIED]);
  const serverSide = (managedFields ?? [])
    .filter(({ operation }) => operation === 'Apply')
    .flatMap(({ fieldsV1 }) => Object.keys(fieldsV1?.['f:data'] ?? {}))
    .map((name) => name.replace(/^f:/, ''));
  return new Set([...Object.keys(data ?? {}), ...Object.keys(stringData ?? {}), ...serverSide]);
}

type Writers = z.output<z.ZodObject<typeof writers>>;

/** The manifest as client-side apply notes it. */
function clientSide(text: string | undefined): z.output<typeof lastApplied> {
  try {
    return lastApplied.safeParse(JSON.parse(text ?? '{}')).data ?? {};
  } catch {
    return {};
  }
}
