import { InMemoryServerEventBus, type McpServer, type ServerEvent } from '@modelcontextprotocol/server';
import { textResult } from './everything-content';
import { WATCHED_RESOURCE } from './everything-resources';

/** What clients of one everything-server change for each other: a tool and a prompt come and go, a resource is updated. */
export class EverythingChanges {
  /** Tells of each change. */
  public readonly bus = new InMemoryServerEventBus();
  private tool = false;
  private prompt = false;

  /** Whether the tool that comes and goes is there. */
  public get hasTool(): boolean {
    return this.tool;
  }

  /** Whether the prompt that comes and goes is there. */
  public get hasPrompt(): boolean {
    return this.prompt;
  }

  public toggleTool(): void {
    this.tool = !this.tool;
    this.bus.publish({ kind: 'tools_list_changed' });
  }

  public togglePrompt(): void {
    this.prompt = !this.prompt;
    this.bus.publish({ kind: 'prompts_list_changed' });
  }

  public updateResource(): void {
    this.bus.publish({ kind: 'resource_updated', uri: WATCHED_RESOURCE });
  }
}

/** Registers the tools that change something, and what they change. @returns to be called with each change */
export function registerChanges(server: McpServer, changes: EverythingChanges): (event: ServerEvent) => void {
  registerTriggers(server, changes);
  const tool = server.registerTool('test_changing_tool', { description: 'Comes and goes.' }, () =>
    textResult('It is there.'),
  );
  const prompt = server.registerPrompt('test_changing_prompt', { description: 'Comes and goes.' }, () => ({
    messages: [{ role: 'user', content: { type: 'text', text: 'It is there.' } }],
  }));
  tool.enabled = changes.hasTool;
  prompt.enabled = changes.hasPrompt;
  return ({ kind }) => {
    if (kind === 'tools_list_changed') tool.update({ enabled: changes.hasTool });
    if (kind === 'prompts_list_changed') prompt.update({ enabled: changes.hasPrompt });
  };
}

function registerTriggers(server: McpServer, changes: EverythingChanges): void {
  const trigger = (name: string, description: string, change: () => void) =>
    server.registerTool(name, { description }, () => {
      change();
      return textResult('Changed.');
    });
  trigger('test_trigger_tool_change', 'Adds a tool, or takes it away again.', () => changes.toggleTool());
  trigger('test_trigger_prompt_change', 'Adds a prompt, or takes it away again.', () => changes.togglePrompt());
  trigger('test_trigger_resource_change', 'Updates the watched resource.', () => changes.updateResource());
}
