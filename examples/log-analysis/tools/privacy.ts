import { findPersonalData, KINDS, maskPersonalData, type Kind } from './personal-data';

interface Request {
  readonly operation: 'find' | 'mask';
  readonly text: string;
  readonly names?: readonly string[];
  readonly kinds?: readonly Kind[];
}

/** Finds or masks personal data; the values themselves are never part of the answer. */
export async function privacy({ operation, text, names = [], kinds = KINDS }: Request) {
  const findings = findPersonalData(text, kinds, names);
  const counts: Record<string, number> = {};
  for (const { kind } of findings) counts[kind] = (counts[kind] ?? 0) + 1;
  return Promise.resolve(
    operation === 'find' ? { counts, findings } : { counts, text: maskPersonalData(text, findings) },
  );
}
