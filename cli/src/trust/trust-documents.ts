import { ContractError, parseDocument, trustDocument, type TrustDocument } from 'agentyard/contract';
import { DevError } from '../dev/dev-error.js';
import type { Manifests } from '../dev/manifests.js';

/** What the manifests say of whose keys are published where. @throws DevError if they say nothing, or nothing that is understood */
export function trustDocuments({ configMaps }: Manifests, directory: string): TrustDocument[] {
  const documents = configMaps.flatMap(({ metadata: { namespace, name }, data }) => {
    const text = data[trustDocument.file];
    return text === undefined ? [] : [parsed(text, `ConfigMap ${namespace}/${name}`)];
  });
  if (documents.length > 0) return documents;
  throw new DevError(
    `no ConfigMap in ${directory} has a ${trustDocument.file}; programs with a gateway, an agent or a toolset make one`,
  );
}

function parsed(text: string, title: string): TrustDocument {
  try {
    return parseDocument(trustDocument, text);
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    throw new DevError(`${title}: ${error.message}\nsynthesize the manifests again`);
  }
}
