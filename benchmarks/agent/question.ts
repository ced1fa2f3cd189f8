/** What the agents of the bench are asked, which the model of the bench knows how to answer. */

/** An answer at once; a call of a tool and then an answer; an answer that takes its time. */
export const KINDS = ['answer', 'call', 'stream'] as const;
export type Kind = (typeof KINDS)[number];

/** How an answer is streamed that takes its time. */
export const STREAMED = { pieces: 20, everyMs: 500 } as const;

export const MODEL_ID = 'bench';
export const TOOL = { toolset: 'weather', name: 'forecast', input: { city: 'Oslo' } } as const;

export function questionOf(kind: Kind, id: number): string {
  return `${kind} ${id}`;
}

/** What is answered to a question: it shows which one it was. */
export function answerTo(question: string): string {
  return `The answer to ${question}.`;
}
