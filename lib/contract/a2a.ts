/** Where an agent speaks A2A. */
export const A2A_PATH = '/a2a';

/**
 * Headers by which a gateway names the task that a message begins, and its context if the message has none: they come
 * back with every answer about them, and say to the gateway which pod has them. Without them the agent names both.
 */
export const TASK_ID_HEADER = 'agentyard-task-id';
export const CONTEXT_ID_HEADER = 'agentyard-context-id';

/** Ids of tasks and contexts. */
export const A2A_ID = /^[\w-]{16,1024}$/;

/** What the methods of A2A are about, by their names of today (1.0) and of 0.3. */
export const A2A_METHODS = {
  SendMessage: 'send',
  'message/send': 'send',
  SendStreamingMessage: 'stream',
  'message/stream': 'stream',
  GetTask: 'get',
  'tasks/get': 'get',
  CancelTask: 'cancel',
  'tasks/cancel': 'cancel',
  SubscribeToTask: 'subscribe',
  'tasks/resubscribe': 'subscribe',
} as const;

/** Codes of JSON-RPC errors of A2A (A2A 1.0, 5.4). */
export const A2A_ERRORS = {
  parse: -32_700,
  invalidRequest: -32_600,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
  taskNotFound: -32_001,
  unsupportedOperation: -32_004,
  contentTypeNotSupported: -32_005,
  versionNotSupported: -32_009,
} as const;

/** Member of a task's metadata that says what a run has used and how it ended. */
export const RUN_METADATA = 'agentyard';
