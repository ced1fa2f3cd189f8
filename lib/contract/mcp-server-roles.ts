import type { McpServer } from './mcp-server';
import type { AllowedRoles } from './role';

/** Who may see and call a tool of a server, by the tool's own name. */
export function toolRolesOf({ tools, otherTools }: McpServer, name: string): AllowedRoles {
  return tools.find((tool) => tool.name === name)?.allowedRoles ?? otherTools;
}

/** Who may use what of a server, for each part of it. */
export function serverRoles({ tools, otherTools, resources, prompts }: McpServer): AllowedRoles[] {
  return [...tools.map(({ allowedRoles }) => allowedRoles), otherTools, resources, prompts];
}
