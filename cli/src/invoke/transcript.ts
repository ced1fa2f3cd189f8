import type { InvokeResponse, StreamEvent, ToolCall } from 'agentyard/contract';
import { printable, printableText } from '../dev/log-line.js';
import type { Terminal } from '../dev/terminal.js';

const LONGEST_INPUT = 200;

/** Shows an invocation while it goes on: a line for each tool call, and what the agent says as it says it. */
export class Transcript {
  /** Whether what the agent says last has ended its line. */
  private atLineStart = true;
  private hasText = false;

  public constructor(private readonly terminal: Terminal) {}

  /** @returns the whole answer, when it is complete */
  public take(event: StreamEvent): InvokeResponse | undefined {
    switch (event.type) {
      case 'started':
        this.terminal.out(`${event.agent}:\n`);
        return undefined;
      case 'text-delta':
        this.say(event.text);
        return undefined;
      case 'turn-started':
      case 'tool-started':
        this.endLine();
        return undefined;
      case 'tool-finished':
        this.note(renderCall(event));
        return undefined;
      case 'completed':
        this.endLine();
        if (event.response.stopReason !== 'completed') this.note(`ended early: ${event.response.stopReason}`);
        return event.response;
      case 'failed':
        return undefined;
    }
  }

  private say(text: string): void {
    if (!this.hasText) this.terminal.out('\n');
    this.hasText = true;
    this.terminal.out(printableText(text));
    this.atLineStart = text.endsWith('\n');
  }

  /** The next text is of another turn. */
  private endLine(): void {
    if (!this.atLineStart) this.terminal.out('\n');
    this.atLineStart = true;
    this.hasText = false;
  }

  private note(text: string): void {
    this.endLine();
    this.terminal.out(`  ${text}\n`);
  }
}

function renderCall({ toolset, tool, input, isError, durationMs }: ToolCall): string {
  const text = JSON.stringify(input);
  const short = printable(text.length > LONGEST_INPUT ? `${text.slice(0, LONGEST_INPUT)}…` : text);
  return `tool ${toolset}/${tool} ${short} ${isError ? 'failed' : 'done'} in ${Math.round(durationMs)} ms`;
}
