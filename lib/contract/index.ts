// Named re-exports only: `export *` of a CommonJS module is not seen by ESM workspaces.
export { CONTRACT_VERSION } from './version';
export { modulePath } from './fields';
export { type DocumentDefinition } from './document';
export { ContractError, jsonPath, type Fault, type InnerFault } from './fault';
export { checkValue, parseDocument, parseValue } from './parse';
export { gatewayDocument, type GatewayDocument, type GatewayDocumentInput, type GatewayToolset } from './gateway';
export {
  LARGEST_LOAD_FACTOR,
  MOST_ROUTE_HEADERS,
  routeHeaderName,
  routeHeaderValue,
  type Route,
  type RouteAffinityConfig,
  type RouteHeader,
} from './route';
export { outlierDetection, type OutlierDetection } from './outlier-detection';
export {
  CLIENT_FEATURES,
  type ClientFeature,
  type ForeignNames,
  type McpServer,
  type McpServerInput,
  type Peers,
} from './mcp-server';
export {
  AGENT_TOOL_ANNOTATIONS,
  AGENT_TOOL_SCHEMAS,
  agentProgress,
  agentToolAnswer,
  agentToolDescription,
  agentToolResult,
  problemText,
  unfitTaskText,
  type AgentToolResult,
} from './agent-tool';
export { serverRoles, toolRolesOf } from './mcp-server-roles';
export { FORWARDING_HEADERS, type ForwardingHeader } from './door';
export { type ServerTls, type UpstreamTls } from './transport-tls';
export { type TracingSection } from './tracing';
export { ISOLATION_LAYERS, USUAL_LAYERS, type IsolationLayerName } from './isolation';
export { type LoadLimits, type LoadLimitsInput } from './load-limits';
export { outputCheck, outputSchemaFaults, type OutputSchema } from './output-schema';
export { MICROS, microCostOf, type ModelPrice } from './model-price';
export { type Quota, type QuotaInput, type RateLimit, type RateLimitInput } from './rate-limit';
export { type SharedStore, type SharedStoreInput } from './shared-store';
export { type PostgresDatabaseConfig, type PostgresDatabaseInput } from './database';
export { LONGEST_KEPT_MS, type SessionsConfig, type SessionsInput } from './sessions';
export {
  approval,
  approvalDecision,
  approvalList,
  approvalQuery,
  type Approval,
  type ApprovalDecision,
  type ApprovalsInput,
  type PendingApproval,
} from './approval';
export { TIME_LEFT_HEADER, timeFor } from './time-left';
export {
  A2A_VERSION_HEADER,
  A2A_VERSIONS,
  AGENT_CARD_PATHS,
  agentCardJson,
  EMPTY_CARD,
  type A2aVersion,
  type AgentCard,
  type AgentCardInput,
  type CardSecurity,
} from './agent-card';
export { A2A_ERRORS, A2A_ID, A2A_METHODS, A2A_PATH, CONTEXT_ID_HEADER, RUN_METADATA, TASK_ID_HEADER } from './a2a';
export { TOKEN_ALGORITHMS, type ClientAuthentication } from './client-authentication';
export { type UpstreamCredentials, type UpstreamCredentialsInput } from './upstream-credentials';
export { agentDocument, type AgentDocument, type AgentDocumentInput, type AgentToolset } from './agent';
export { FEWEST_ANSWER_TOKENS, METERED_LIMITS, type AgentLimits } from './agent-limits';
export { type ModelConfig, type ModelConfigInput, type ScriptRule, type ScriptStep } from './model';
export { toolsetDocument, type ToolsetDocument, type ToolsetDocumentInput } from './toolset';
export { toolsetManifest, type ToolsetManifest } from './toolset-manifest';
export { forbiddenBlocks, formatBlock, parseBlock, PRIVATE_IPV4, PRIVATE_IPV6 } from './address-block';
export { egressProxyDocument, type EgressProxyDocument, type EgressProxyDocumentInput } from './egress-proxy';
export { type ToolsetBinding } from './tool-binding';
export { type ArgumentRule, type ToolPermission } from './argument-rule';
export { argumentRuleFaults, ArgumentRules, unmetPlaces, unmetText, type UnmetRule } from './argument-rules';
export { type CallSubject } from './argument-expression';
export { re2Engine } from './re2-engine';
export { pointerKeys, slowKeywords } from './slow-keywords';
export { admits, allowedRoles, ANY_CALLER, roleName, type AllowedRoles } from './role';
export {
  DEMO_TOKEN,
  introspectsJwts,
  takesOpaqueTokens,
  type Auth,
  type AuthInput,
  type TokenIssuer,
  type TokenIntrospection,
  type TokenIssuerInput,
} from './auth';
export {
  serviceAudience,
  type AgentIdentity,
  type GatewayIdentity,
  type ServiceToken,
  type ToolsetIdentity,
} from './service-identity';
export { trustBundle, type PublicKey, type PublishedKey, type TrustBundle } from './trust-bundle';
export { trustDocument, type TrustDocument, type TrustDocumentInput } from './trust';
export {
  EVERY_PROGRAM,
  KEYCLOAK_CLIENTS,
  KEYCLOAK_ROLES,
  keycloakRealm,
  OWNER_ATTRIBUTE,
  REALM_SETTING_NAMES,
  REGISTRATION_POLICY,
  type KeycloakClient,
  type KeycloakClientScope,
  type KeycloakComponent,
  type KeycloakProtocolMapper,
  type KeycloakRealmRepresentation,
  type KeycloakRole,
  type KeycloakUser,
} from './keycloak-realm';
export {
  keycloakRealmSyncDocument,
  type KeycloakRealmSyncDocument,
  type KeycloakRealmSyncDocumentInput,
} from './keycloak-realm-sync';
export { signingKeys, type SigningKeys } from './signing-keys';
export {
  foreignUserClaim,
  userClaim,
  USER_CLAIM_ALGORITHM,
  USER_CLAIM_HEADER,
  USER_CLAIM_TYPE,
  type ForeignUserClaim,
  type UserClaim,
} from './user-claim';
export { apiKeyDocument, API_KEY_PATTERN, type ApiKeyDocument } from './api-key';
export { PROBLEMS, problem, problemOf, type Problem, type ProblemCode } from './problem';
export {
  AGENT_ARGUMENTS,
  agentInvokeRequest,
  agentResumeRequest,
  invokeRequest,
  resumeRequest,
  type AgentResumeRequest,
  invokeResponse,
  streamEvent,
  type AgentInvokeRequest,
  type InvokeRequest,
  type InvokeResponse,
  type StopReason,
  type StreamEvent,
  type ToolCall,
} from './invoke';
export {
  executeRequest,
  executeResponse,
  type ExecuteOutcome,
  type ExecuteRequest,
  type ExecuteResponse,
} from './execute';
export {
  agentChatCompletionRequest,
  chatCompletion,
  chatCompletionChunk,
  chatCompletionRequest,
  conversationOf,
  modelListOf,
  modelOf,
  type AgentChatCompletionRequest,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatCompletionRequest,
  type ListedModel,
} from './chat-completion';
export { openAiErrorOf, type OpenAiError } from './openai-error';
export { publishedSchemas } from './json-schema';
