import { Chart } from 'cdk8s';
import { Prompt, Toolset } from 'agentyard';
import { ERROR_CODES } from '../../../lib/errors/codes';
import { Program } from '../program';
import { silenceWarnings } from '../silence-warnings';
import { AGENT_AND_TOOL_FAULTS } from './agent-and-tool-faults';
import { GATEWAY_FAULTS } from './gateway-faults';
import { removeDirectories } from './temporary-directory';
import { WORKLOAD_FAULTS } from './workload-faults';

silenceWarnings();
afterAll(removeDirectories);

const CASES = [...AGENT_AND_TOOL_FAULTS, ...GATEWAY_FAULTS, ...WORKLOAD_FAULTS];

describe('bad input fails synth with its code, the place, the value and a remedy', () => {
  it.each(CASES)('%s (%s)', (code, place, commit) => {
    let message = '';
    try {
      commit();
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toContain(`[${code}]`);
    expect(message).toContain(place);
    expect(message).toMatch(/\. \w.*\.$/m);
  });

  it('has a case for every code', () => {
    expect(Object.keys(ERROR_CODES).sort()).toEqual([...new Set(CASES.map(([code]) => code))].sort());
  });
});

describe('faults that show only when the program is complete', () => {
  it('are all reported at once', () => {
    const p = new Program();
    for (const id of ['one', 'two']) p.agent(id, { prompt: Prompt.fromText('x'.repeat(1_100_000)) });
    expect(() => p.synth()).toThrow(/chart\/one: agent\.json[^]*chart\/two: agent\.json/);
  });

  it('a toolset under a name that is taken leaves the first untouched', () => {
    const p = new Program();
    p.toolset('logs');
    const other = new Chart(p.app, 'other', { namespace: 'elsewhere' });
    expect(() => new Toolset(other, 'logs', { source: Program.greetings })).not.toThrow();
  });
});
