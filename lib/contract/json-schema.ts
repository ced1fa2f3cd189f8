import { z } from 'zod';
import { agentDocument } from './agent';
import { apiKeyDocument } from './api-key';
import {
  agentChatCompletionRequest,
  chatCompletion,
  chatCompletionChunk,
  chatCompletionRequest,
} from './chat-completion';
import { egressProxyDocument } from './egress-proxy';
import { executeRequest, executeResponse } from './execute';
import { gatewayDocument } from './gateway';
import { agentInvokeRequest, invokeRequest, invokeResponse, streamEvent } from './invoke';
import { keycloakRealmSyncDocument } from './keycloak-realm-sync';
import { problem } from './problem';
import { toolsetDocument } from './toolset';
import { toolsetManifest } from './toolset-manifest';
import { signingKeys } from './signing-keys';
import { trustDocument } from './trust';
import { trustBundle } from './trust-bundle';
import { CONTRACT_VERSION } from './version';

/** Everything that is published as JSON Schema, by the name of its file in `schemas/`. */
const PUBLISHED: Readonly<Record<string, z.ZodType>> = {
  gateway: gatewayDocument.schema,
  agent: agentDocument.schema,
  toolset: toolsetDocument.schema,
  'egress-proxy': egressProxyDocument.schema,
  'toolset.manifest': toolsetManifest.schema,
  'api-key': apiKeyDocument.schema,
  'keycloak-realm-sync': keycloakRealmSyncDocument.schema,
  trust: trustDocument.schema,
  'trust-bundle': trustBundle.schema,
  'signing-keys': signingKeys.schema,
  'invoke-request': invokeRequest,
  'agent-invoke-request': agentInvokeRequest,
  'invoke-response': invokeResponse,
  'stream-event': streamEvent,
  'execute-request': executeRequest,
  'execute-response': executeResponse,
  'chat-completion-request': chatCompletionRequest,
  'agent-chat-completion-request': agentChatCompletionRequest,
  'chat-completion': chatCompletion,
  'chat-completion-chunk': chatCompletionChunk,
  problem,
};

/** The published JSON Schemas (2020-12), by file name. */
export function publishedSchemas(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(PUBLISHED).map(([name, schema]) => [
      `${name}.schema.json`,
      { title: `Agentyard ${name}, version ${CONTRACT_VERSION}`, ...z.toJSONSchema(schema, { io: 'input' }) },
    ]),
  );
}
