// Named re-exports only: `export *` of a CommonJS module is not seen by ESM workspaces.
export { CONTRACT_VERSION } from './version';
export { type DocumentDefinition } from './document';
export { ContractError, type Fault } from './fault';
export { parseDocument, parseValue } from './parse';
export { gatewayDocument, type GatewayDocument, type GatewayDocumentInput } from './gateway';
export { agentDocument, type AgentDocument, type AgentDocumentInput } from './agent';
export { type ModelConfig, type ModelConfigInput, type ScriptRule, type ScriptStep } from './model';
export { toolsetDocument, type ToolsetDocument, type ToolsetDocumentInput } from './toolset';
export { toolsetManifest, type ToolsetManifest } from './toolset-manifest';
export { forbiddenBlocks, formatBlock, parseBlock, PRIVATE_IPV4, PRIVATE_IPV6 } from './address-block';
export { egressProxyDocument, type EgressProxyDocument, type EgressProxyDocumentInput } from './egress-proxy';
export { type ToolsetBinding } from './tool-binding';
export { apiKeyDocument, API_KEY_PATTERN, type ApiKeyDocument } from './api-key';
export { PROBLEMS, problem, problemOf, type Problem, type ProblemCode } from './problem';
export {
  agentInvokeRequest,
  invokeRequest,
  invokeResponse,
  streamEvent,
  type AgentInvokeRequest,
  type InvokeRequest,
  type InvokeResponse,
  type StopReason,
  type StreamEvent,
  type ToolCall,
} from './invoke';
export { publishedSchemas } from './json-schema';
