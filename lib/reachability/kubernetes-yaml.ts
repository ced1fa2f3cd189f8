import { parseAllDocuments, type ScalarTag, type Tags } from 'yaml';

/** `0o644`, which the library knows in YAML 1.2 alone. */
const octal: ScalarTag = {
  tag: 'tag:yaml.org,2002:int',
  default: true,
  test: /^[-+]?0o[0-7_]+$/,
  resolve: (text) => parseInt(text.replace(/_|0o/g, ''), 8),
};

/**
 * The values in a text as Kubernetes reads it: as YAML 1.1, so that `yes` is true and 0644 octal, but dates and numbers
 * to the base of 60 are texts.
 *
 * @throws Error if it is not YAML
 */
export function kubernetesYaml(text: string): unknown[] {
  const documents = parseAllDocuments(text, { version: '1.1', customTags: (tags) => [...asInGo(tags), octal] });
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return document.toJS() as unknown;
  });
}

function asInGo(tags: Tags): Tags {
  return tags.filter((tag) => {
    if (typeof tag === 'string') return true;
    const isOfBase60 = 'format' in tag && tag.format === 'TIME';
    return !isOfBase60 && tag.tag !== 'tag:yaml.org,2002:timestamp';
  });
}
