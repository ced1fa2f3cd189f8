import { renderLogLine } from '../src/dev/log-line';

describe('a log line on the terminal', () => {
  const line = (fields: object) =>
    JSON.stringify({ time: '2026-11-21T09:10:11.123Z', level: 'info', component: 'agent', name: 'support', ...fields });

  it('is time, level, message and a few short fields', () => {
    expect(
      renderLogLine(line({ msg: 'request', event: 'request', path: '/invoke', status: 200, nested: { a: 1 } }), false),
    ).toBe('09:10:11 info request path=/invoke status=200');
    expect(
      renderLogLine(line({ level: 'error', msg: 'failed', err: { message: 'no route', stack: 'long' } }), false),
    ).toBe('09:10:11 error failed error="no route"');
    expect(renderLogLine(line({ msg: 'x', reason: 'y'.repeat(500) }), false).length).toBeLessThan(120);
  });

  it('has colours only when asked for', () => {
    expect(renderLogLine(line({ level: 'error', msg: 'failed' }), true)).toContain('\u001b[31merror');
  });

  it.each(['plain text', '{ not JSON', '{"msg":'])('stays as it is if it is not JSON: %s', (text) => {
    expect(renderLogLine(text, false)).toBe(text);
  });

  it('cannot steer the terminal', () => {
    const hostile = '\u001b]0;owned\u0007\u009b31m\u202e';
    for (const text of [hostile, line({ msg: hostile, reason: hostile })]) {
      expect(renderLogLine(text, false)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});
