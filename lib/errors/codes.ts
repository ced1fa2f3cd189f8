/** Every fault that fails synthesis, by its stable code, with what it means. docs/errors.md explains each. */
export const ERROR_CODES = {
  AGENT_DUPLICATE: 'Two agents of one gateway have the same name.',
  AUTH_NONE_EXPOSED: 'A gateway without authentication can be entered from outside.',
  CONFIG_MAP_TOO_LARGE: 'What must stand in one ConfigMap is larger than Kubernetes takes.',
  DATA_SOURCE_DUPLICATE: 'Two data sources of one toolset have the same name.',
  DOCUMENT_INVALID: 'A contract document that would be written does not fit its schema.',
  ENTRY_INVALID: 'An entry of a gateway is not a selector or a CIDR.',
  ENV_INVALID: 'A name is no name of an environment variable.',
  ENV_RESERVED: 'An environment variable is reserved for the runtime.',
  FILE_UNREADABLE: 'A file or directory that the program names cannot be read.',
  LABEL_INVALID: 'A label does not have the form that Kubernetes takes.',
  LIMIT_INVALID: 'A limit is not a positive number in its range.',
  MEMORY_OVERCOMMITTED: 'The calls that a sandbox may run at once do not fit into its memory.',
  MODEL_INVALID: 'The options of a model do not fit its provider.',
  NAME_INVALID: 'A name is no DNS label, or too long for the objects that are named after it.',
  NAME_TAKEN: 'A name or id belongs to something else already.',
  NAMESPACE_MISSING: 'A construct that makes objects is in a chart without a namespace.',
  NOT_IN_PROGRAM: 'A construct refers to one of another app, whose objects are not synthesized with it.',
  PATH_NOT_ABSOLUTE: 'A path is relative, so what it names depends on where synth is started.',
  PROMPT_EMPTY: 'A prompt has no text.',
  REPLICAS_INVALID: 'The number of replicas is not a whole number of 0 or more.',
  ROUTE_BACKEND_MISSING: 'A route has no backend that may get a request.',
  ROUTE_DUPLICATE: 'Two routes of one gateway have the same name.',
  ROUTE_PATTERN_INVALID: 'The pattern of a route is not a regular expression in RE2 syntax.',
  ROUTE_PRIORITY_INVALID: 'The priority of a route is not a whole number of 0 or more.',
  ROUTE_WEIGHT_INVALID: 'The weight of a backend is not a whole number of 0 or more.',
  TIMEOUT_TOO_LONG: 'A deadline is longer than 15 minutes, so pods could not be stopped in time.',
  TOOL_BUNDLE_FAILED: 'The code of a tool cannot be bundled.',
  TOOL_DUPLICATE: 'Two tools of one agent or gateway cannot be told apart by name.',
  TOOL_MANIFEST_INVALID: 'A toolset.manifest.json does not fit its schema.',
  TOOL_UNKNOWN: 'A toolset does not declare the tool that was asked for.',
  VOLUME_INVALID: 'A volume is of a kind, or mounted at a path, that is not allowed.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Every warning of synthesis, by its stable code, with what it means. */
export const WARNING_CODES = {
  AUTH_NONE: 'A gateway lets everyone in who reaches it.',
  EGRESS_NOT_OPENED: 'An agent’s model provider is not reachable through the synthesized NetworkPolicy.',
  GATEWAY_WITHOUT_ENTRY: 'Nothing may reach a gateway.',
} as const;

export type WarningCode = keyof typeof WARNING_CODES;
