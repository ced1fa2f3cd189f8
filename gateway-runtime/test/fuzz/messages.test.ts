import type { IncomingHttpHeaders } from 'node:http';
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
} from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { fuzz, oddHeader, parsedJson } from '../../../runtime-kit/test/fuzz/fuzz';
import { ENVELOPE } from '../../src/mcp/wire/envelope';
import { readInbound } from '../../src/mcp/wire/inbound';
import { idOf, isNotification, isRequest, isResponse, RpcError } from '../../src/mcp/wire/json-rpc';
import { acceptable, refuseOtherTypes } from '../../src/mcp/wire/media-types';

const REVISIONS = ['2026-07-28', '2027-01-01', '2025-11-25', '2025-03-26', '1999-01-01', '', '2026-07-28, 2026-07-28'];
const METHODS = [
  'tools/list',
  'tools/call',
  'initialize',
  'ping',
  '__proto__',
  'constructor',
  'notifications/cancelled',
  '',
];

/** Usually what belongs there, rarely anything. */
const usually = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: parsedJson });

const meta = fc.record(
  {
    [ENVELOPE.revision]: usually(fc.constantFrom(...REVISIONS)),
    [ENVELOPE.clientInfo]: usually(fc.constant({ name: 'x', version: '1' })),
    [ENVELOPE.clientCapabilities]: usually(fc.constant({})),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    jsonrpc: usually(fc.constant('2.0')),
    id: usually(fc.oneof(fc.integer(), fc.constantFrom('a', '', '__proto__'))),
    method: usually(fc.constantFrom(...METHODS)),
    params: usually(fc.record({ _meta: usually(meta), name: usually(fc.constant('echo')) }, { requiredKeys: [] })),
    result: usually(fc.constant({})),
    error: usually(fc.constant({ code: 1, message: 'm' })),
  },
  { requiredKeys: ['jsonrpc'] },
);
const body = fc.oneof(
  { weight: 6, arbitrary: message },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 4 }) },
  { weight: 1, arbitrary: parsedJson },
);
const headers: fc.Arbitrary<IncomingHttpHeaders> = fc.record(
  {
    'mcp-protocol-version': fc.constantFrom(...REVISIONS),
    'mcp-method': fc.constantFrom(...METHODS),
    'mcp-name': fc.oneof(fc.constantFrom('echo', '=?base64?ZWNobw==?='), oddHeader('echo')),
  },
  { requiredKeys: [] },
);

const CODES = [-32600, -32602, -32000, -32020, -32022];

it('what a POST carries is of one kind, or refused in words of JSON-RPC', () =>
  fuzz(
    fc.property(body, headers, (sent, named) => {
      const before = JSON.stringify(sent);
      try {
        const inbound = readInbound(sent, named);
        const messages = inbound.kind === 'batch' ? inbound.messages : [inbound.message];
        for (const each of messages) expect(isRequest(each) || isNotification(each) || isResponse(each)).toBe(true);
        // What is modern says so in its envelope, or by its header, and both agree.
        if (inbound.era === 'modern' && inbound.kind === 'request')
          expect(named['mcp-protocol-version']).toBe('2026-07-28');
        if (inbound.kind === 'batch') expect(named['mcp-protocol-version'] ?? '2025-03-26').toBe('2025-03-26');
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        expect([error.status, CODES.includes(error.code)]).toEqual([400, true]);
        const answer = JSON.parse(JSON.stringify(error.toMessage(idOf(sent)))) as { id: unknown };
        const { id } = (typeof sent === 'object' && sent !== null ? sent : {}) as { id?: unknown };
        expect(answer.id === null || answer.id === id).toBe(true);
      }
      expect(JSON.stringify(sent)).toBe(before);
      expect(Object.keys(Object.prototype)).toEqual([]);
    }),
  ));

it('takes for a message what the SDK takes for one', () =>
  fuzz(
    fc.property(body, (sent) => {
      expect([isRequest(sent), isNotification(sent)]).toEqual([isJSONRPCRequest(sent), isJSONRPCNotification(sent)]);
      // JSON-RPC 2.0 has errors with the id null, which the SDK does not take; servers send them.
      const isOfNobody =
        typeof sent === 'object' &&
        (sent as { id?: unknown } | null)?.id === null &&
        !Object.hasOwn(sent ?? {}, 'result');
      const named = isOfNobody ? { ...sent, id: 1 } : sent;
      expect(isResponse(sent)).toBe(isJSONRPCResultResponse(named) || isJSONRPCErrorResponse(named));
    }),
  ));

it('an Accept or Content-Type of any form is taken or refused', () =>
  fuzz(
    fc.property(
      oddHeader('application/json', 'text/event-stream', ',', ';', 'q=0', '*/*', ' ', 'application/*'),
      (value) => {
        for (const check of [() => acceptable({ accept: value }), () => refuseOtherTypes({ 'content-type': value })]) {
          try {
            check();
          } catch (error) {
            if (!(error instanceof RpcError)) throw error;
            expect([406, 415]).toContain(error.status);
          }
        }
      },
    ),
  ));
