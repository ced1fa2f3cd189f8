import fc from 'fast-check';
import { cut, fuzz, oddText, wellFormed } from '../../../runtime-kit/test/fuzz/fuzz';
import { EventStream, type ServerSentEvent } from '../../src/mcp/wire/event-stream';

function eventsIn(pieces: Iterable<Uint8Array>): ServerSentEvent[] {
  const found: ServerSentEvent[] = [];
  const stream = new EventStream((event) => found.push(event));
  for (const piece of pieces) stream.push(piece);
  stream.end();
  return found;
}

/** The standard's own words (WHATWG HTML, 9.2.6), over the whole text at once; ids and times of events alone are told, too, but no empty id, and none that no header has. */
function reference(bytes: Uint8Array): ServerSentEvent[] {
  const lines = new TextDecoder().decode(bytes).split(/\r\n|\n|\r/);
  const events: ServerSentEvent[] = [];
  let event: { data?: string; id?: string; retry?: number } = {};
  // What stands behind the last line end is no line.
  for (const line of lines.slice(0, -1)) {
    if (line === '') {
      const { data = '', ...marks } = event;
      if (Object.keys(event).length > 0) events.push({ data, ...marks });
      event = {};
      continue;
    }
    const [, name = '', value = ''] = /^([^:]*)(?:: ?([^]*))?$/.exec(line) ?? [];
    if (name === 'data') event.data = event.data === undefined ? value : `${event.data}\n${value}`;
    if (name === 'id' && /^\P{Cc}+$/u.test(value)) event.id = value;
    if (name === 'retry' && /^[0-9]{1,9}$/.test(value)) event.retry = Number(value);
  }
  return events;
}

const PIECES = [
  'data',
  ':',
  ' ',
  '\n',
  '\r',
  '\r\n',
  '\n\n',
  'id: 1\n',
  'retry: 7\n',
  'data: x\n',
  '\0',
  '\uFEFF',
  'é',
  '😀',
  ': c\n',
];
const text = oddText(...PIECES).map((each) => Buffer.from(each));
const anything = fc.uint8Array({ maxLength: 60 });
const lengths = fc.array(fc.nat(6), { maxLength: 30 });

it('finds what the standard says, wherever the bytes are cut', () =>
  fuzz(
    fc.property(fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: anything }), lengths, (bytes, at) => {
      expect(eventsIn(cut(bytes, at))).toEqual(reference(bytes));
    }),
  ));

it('tells one event for what a server writes as one, whatever it says', () =>
  fuzz(
    fc.property(oddText(...PIECES), lengths, (data, at) => {
      const sent = wellFormed(data.replaceAll(/\r\n|\r/g, '\n'));
      const written = `event: message\ndata: ${sent.replaceAll('\n', '\ndata: ')}\n\n`;
      expect(eventsIn(cut(Buffer.from(written), at))).toEqual([{ data: sent }]);
    }),
  ));
