import { createColors } from 'picocolors';
import { invokeLine, toolsListLine } from './curl-lines.js';
import { notStartedLines, type LocalGateway, type LocalPlatform, type LocalWorkload } from './platform.js';

/** What a ready platform says of itself: workloads, URLs, commands to copy, and what is not as in a cluster. */
export function banner(platform: LocalPlatform, color: boolean): string {
  const paint = createColors(color);
  const { workloads, gateways, notStarted, notEnforced, remarks } = platform;
  const sections = [
    [paint.bold('Agentyard is ready'), ...workloadLines(workloads)],
    ...gateways.map((gateway) => gatewayLines(gateway, paint.bold)),
    titled(paint.bold('Not started:'), notStarted.flatMap(notStartedLines)),
    titled(paint.bold('Please note:'), [...remarks, ...emptyVolumeLines(workloads)]),
    titled(paint.bold('Not enforced locally:'), notEnforced),
    ['Ctrl-C ends it.'],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n\n`;
}

function workloadLines(workloads: readonly LocalWorkload[]): string[] {
  const width = Math.max(...workloads.map(({ name }) => name.length));
  return workloads.map(({ kind, name, replicas, urls }) => {
    const count = `${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`;
    return `  ${kind.padEnd(7)}  ${name.padEnd(width)}  ${count.padEnd(10)}  ${urls.join(' ')}`;
  });
}

function gatewayLines(gateway: LocalGateway, bold: (text: string) => string): string[] {
  const lines = [
    bold(`Gateway ${gateway.name}: ${gateway.url}`),
    `  HTTP  ${gateway.url}/v1/invoke`,
    `  Chat  ${gateway.url}/v1 as base URL of OpenAI’s clients`,
    `  MCP   ${gateway.url}/mcp`,
  ];
  const invoke = invokeLine(gateway);
  const toolsList = toolsListLine(gateway);
  if (invoke !== undefined) lines.push('', 'Ask an agent:', invoke);
  if (toolsList !== undefined) lines.push('', 'List the tools:', toolsList);
  if (gateway.keysByRole.size > 0)
    lines.push('', 'The key above has every role. Keys with one role, and with none:', ...roleLines(gateway));
  return lines;
}

function roleLines({ keysByRole, keyWithoutRoles = '' }: LocalGateway): string[] {
  const keys = [...keysByRole, ['-', keyWithoutRoles] as const];
  const width = Math.max(...keys.map(([role]) => role.length));
  return keys.map(([role, key]) => `  ${role.padEnd(width)}  ${key}`);
}

function emptyVolumeLines(workloads: readonly LocalWorkload[]): string[] {
  return workloads.flatMap(({ name, emptyVolumes }) =>
    emptyVolumes.map(
      (volume) => `the volume ${volume} of ${name} is empty; give it with --mount ${name}/${volume}=<dir>`,
    ),
  );
}

function titled(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  - ${line}`)];
}
