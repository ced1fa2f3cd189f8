import fc from 'fast-check';
import { fuzz, oddJson, oddText, wellFormed } from '../../../runtime-kit/test/fuzz/fuzz';
import { eventIdOf, placeOf, type EventPlace } from '../../src/mcp/relay/event-ids';
import { originalId, relayedId } from '../../src/mcp/relay/relayed-id';

const server = fc.oneof(fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/), fc.constantFrom('constructor', 'valueof'));
const theirs = oddText('~', '"', '\\', '&', '=', '%', '%zz', ':', 'r:', '__proto__', '\n', 'é', '😀').map(wellFormed);
const id = fc.oneof(theirs, fc.maxSafeInteger());

it('a relayed id tells the server and its own id', () =>
  fuzz(
    fc.property(server, id, (name, own) => expect(originalId(relayedId(name, own))).toEqual({ server: name, id: own })),
  ));

it('whatever a client sends as a relayed id, it is none, or one that a server may have chosen', () =>
  fuzz(
    fc.property(
      fc.oneof(
        fc.tuple(server, oddJson).map(([name, value]) => `${name}~${JSON.stringify(value)}`),
        fc
          .tuple(server, fc.constantFrom('1e999', '1.5', '-0', '9007199254740993', '"', '[]', 'nul'))
          .map((pair) => pair.join('~')),
        theirs,
        oddJson,
      ),
      (sent) => {
        const original = originalId(sent);
        if (original === undefined) return;
        expect(['string', 'number']).toContain(typeof original.id);
        // It is sent to the server as what it is, and would come back as it.
        expect(JSON.parse(JSON.stringify(original.id))).toBe(original.id === 0 ? 0 : original.id);
        expect(originalId(relayedId(original.server, original.id))?.id).toBe(original.id === 0 ? 0 : original.id);
      },
    ),
  ));

it('the id of an event tells where each server’s stream is, and is a header and a line', () =>
  fuzz(
    fc.property(fc.option(id), fc.dictionary(server, theirs, { maxKeys: 4 }), (requestId, last) => {
      const place: EventPlace = requestId === null ? { kind: 'session', last } : { kind: 'request', requestId, last };
      const eventId = eventIdOf(place);
      expect(eventId).toMatch(/^[\x21-\x7e]*$/);
      expect(placeOf(eventId)).toEqual(place);
    }),
  ));

it('whatever a client sends as the id of an event, it is none, or one with texts', () =>
  fuzz(
    fc.property(
      fc.tuple(fc.constantFrom('r:', 'r:7:', 'r:{}:', 's:', 's:7:', 'x:', ''), theirs).map((parts) => parts.join('')),
      (sent) => {
        const place = placeOf(sent);
        if (place === undefined) return;
        expect(['request', 'session']).toContain(place.kind);
        if (place.kind === 'request') expect(['undefined', 'number', 'string']).toContain(typeof place.requestId);
        for (const value of Object.values(place.last)) expect(typeof value).toBe('string');
        expect(Object.getPrototypeOf(place.last)).toBe(Object.prototype);
      },
    ),
  ));
