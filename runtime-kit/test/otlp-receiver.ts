import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanUp } from './test-resources';

/** A span, as a collector gets it. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  /** 0: unset, 2: error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

/** A telemetry collector of a test. */
export interface OtlpReceiver {
  /** URL that spans are posted to. */
  readonly endpoint: string;
  readonly spans: ReceivedSpan[];
  /** All that was posted, as text, to look for what must not be in it. */
  readonly text: () => string;
}

/** Starts an HTTP server on loopback that takes OTLP in protobuf. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: Buffer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      bodies.push(body);
      spans.push(...spansOf(body));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onCleanUp(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  return { endpoint, spans, text: () => Buffer.concat(bodies).toString('latin1') };
}

/** Fields of a message of protobuf, by number. */
type Fields = Map<number, (Buffer | bigint)[]>;

/** Spans of an `ExportTraceServiceRequest` (opentelemetry/proto/trace/v1/trace.proto). */
function spansOf(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const resource = attributesOf(messages(resourceSpans, 1).flatMap((found) => messages(found, 1)));
    return messages(resourceSpans, 2).flatMap((scope) => messages(scope, 2).map((span) => spanOf(span, resource)));
  });
}

function spanOf(span: Fields, resource: Record<string, unknown>): ReceivedSpan {
  const hex = (field: number) => bytes(span, field).toString('hex');
  const text = (field: number) => bytes(span, field).toString('utf8');
  return {
    traceId: hex(1),
    spanId: hex(2),
    traceState: text(3),
    parentSpanId: hex(4),
    name: text(5),
    kind: Number(span.get(6)?.[0] ?? 0),
    attributes: attributesOf(messages(span, 9)),
    status: Number(messages(span, 15)[0]?.get(3)?.[0] ?? 0),
    resource,
  };
}

function attributesOf(pairs: readonly Fields[]): Record<string, unknown> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [value] = messages(pair, 2);
      return [bytes(pair, 1).toString('utf8'), value && valueOf(value)];
    }),
  );
}

/** A text, a whole number or a double of an `AnyValue` (opentelemetry/proto/common/v1/common.proto). */
function valueOf(value: Fields): unknown {
  const [text, whole, double] = [value.get(1)?.[0], value.get(3)?.[0], value.get(4)?.[0]];
  if (Buffer.isBuffer(text)) return text.toString('utf8');
  return Buffer.isBuffer(double) ? double.readDoubleLE() : Number(whole);
}

function messages(fields: Fields, field: number): Fields[] {
  return (fields.get(field) ?? []).filter((value) => Buffer.isBuffer(value)).map(fieldsOf);
}

function bytes(fields: Fields, field: number): Buffer {
  const value = fields.get(field)?.[0];
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function fieldsOf(message: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let [value, shift] = [0n, 0n];
    for (;;) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7n;
    }
  };
  const take = (length: number): Buffer => message.subarray(at, (at += length));
  while (at < message.length) {
    const tag = varint();
    const [field, type] = [Number(tag >> 3n), Number(tag & 7n)];
    const value = type === 0 ? varint() : take(type === 1 ? 8 : type === 5 ? 4 : Number(varint()));
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}
