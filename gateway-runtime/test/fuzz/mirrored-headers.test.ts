import { validateHeaderValue } from 'node:http';
import fc from 'fast-check';
import { fuzz, oddHeader, oddText, wellFormed } from '../../../runtime-kit/test/fuzz/fuzz';
import { RpcError } from '../../src/mcp/wire/json-rpc';
import {
  decodedHeader,
  encodedHeader,
  refuseOtherArgument,
  refuseOtherHeaders,
} from '../../src/mcp/wire/mirrored-headers';

const PIECES = ['=?base64?', '?=', '=', 'w6Q=', '77u/', '/w==', ' ', '\t', 'ä', '\uFEFF', '😀', '%', 'echo', '\n'];
const text = oddText(...PIECES).map(wellFormed);

/** As it is after it went over the wire: without the white space around it. */
const overWire = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, '');

function outcome(check: () => void): number {
  try {
    check();
    return 0;
  } catch (error) {
    if (error instanceof RpcError && error.status === 400) return error.code;
    throw error;
  }
}

it('a text comes back from its header as it was, and every header that is made may be sent', () =>
  fuzz(
    fc.property(text, (value) => {
      const header = encodedHeader(value);
      validateHeaderValue('mcp-name', header);
      expect(header).toMatch(/^[\x20-\x7e]*$/);
      expect(decodedHeader(overWire(header))).toBe(value);
    }),
  ));

it('no header stands for a text that it does not say, and two that stand for the same text are the same bytes', () =>
  fuzz(
    fc.property(
      oddHeader(...PIECES.filter((each) => each !== '😀' && each !== '\uFEFF' && each !== '\n')),
      (header) => {
        const decoded = decodedHeader(header);
        if (decoded === undefined) return;
        const isEncoded = /^=\?base64\?.*\?=$/.test(header);
        if (!isEncoded) expect([decoded, header]).toEqual([header, expect.stringMatching(/^[\t\x20-\x7e]*$/)]);
        else expect(Buffer.from(header.slice(9, -2), 'base64').equals(Buffer.from(decoded))).toBe(true);
      },
    ),
  ));

it('a request is let through if its headers say what it says, and only then', () =>
  fuzz(
    fc.property(text, text, fc.boolean(), (name, other, isRight) => {
      const request = { jsonrpc: '2.0' as const, id: 1, method: 'tools/call', params: { name } };
      const headers = {
        'mcp-protocol-version': '2026-07-28',
        'mcp-method': 'tools/call',
        'mcp-name': overWire(encodedHeader(isRight ? name : other)),
      };
      expect(outcome(() => refuseOtherHeaders(headers, request))).toBe(isRight || name === other ? 0 : -32020);
    }),
  ));

it('an argument is let through if its header says the same, however a number is written', () =>
  fuzz(
    fc.property(
      fc.oneof(text, fc.boolean(), fc.integer(), fc.constantFrom(null, undefined)),
      fc.oneof(
        text.map(encodedHeader).map(overWire),
        fc.integer().map(String),
        fc.constantFrom('true', '1.0', '', 'null'),
      ),
      (argument, header) => {
        const headers = { 'mcp-param-x': header };
        const isSame =
          typeof argument === 'number' && /^-?\d+(\.\d+)?$/.test(header)
            ? Number(header) === argument
            : argument !== undefined && argument !== null && decodedHeader(header) === String(argument);
        expect(outcome(() => refuseOtherArgument(headers, 'mcp-param-x', argument))).toBe(isSame ? 0 : -32020);
        const own =
          argument === undefined || argument === null
            ? {}
            : { 'mcp-param-x': overWire(encodedHeader(String(argument))) };
        expect(outcome(() => refuseOtherArgument(own, 'mcp-param-x', argument))).toBe(0);
        const isThere = argument !== undefined && argument !== null;
        expect(outcome(() => refuseOtherArgument({}, 'mcp-param-x', argument))).toBe(isThere ? -32020 : 0);
      },
    ),
  ));
