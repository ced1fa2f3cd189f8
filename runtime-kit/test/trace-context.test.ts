import { parseTraceParent, traceParentOf } from '../src/tracing/trace-context';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

it('reads where a request comes from (W3C Trace Context)', () => {
  expect(traceParentOf({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: 'a=1' })).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    isSampled: true,
    state: 'a=1',
  });
  expect(traceParentOf({ traceparent: `00-${TRACE}-${SPAN}-00` })).toEqual({
    traceId: TRACE,
    spanId: SPAN,
    isSampled: false,
  });
  // Of a version to come, what this one has.
  expect(traceParentOf({ traceparent: `01-${TRACE}-${SPAN}-01-more` })).toMatchObject({ traceId: TRACE });
});

it.each([
  ['nothing', undefined],
  ['text', 'yes'],
  ['a version that is forbidden', `ff-${TRACE}-${SPAN}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['more than the version has', `00-${TRACE}-${SPAN}-01-more`],
  ['less', `00-${TRACE}-${SPAN}-0`],
  ['other signs between', `00_${TRACE}_${SPAN}_01`],
])('reads none from %s', (_title, traceparent) => {
  expect(traceParentOf({ ...(traceparent !== undefined && { traceparent }) })).toBeUndefined();
});

it.each([
  ['too long', 'a='.padEnd(513, 'x')],
  ['two lines', 'a=1\r\nx: y'],
])('goes on without a tracestate that is %s', (_title, tracestate) => {
  expect(traceParentOf({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })).not.toHaveProperty('state');
});

it('refuses what is no text, which JSON may have', () => {
  for (const value of [7, null, {}, [`00-${TRACE}-${SPAN}-01`]]) {
    expect(parseTraceParent(value, undefined)).toBeUndefined();
  }
});
