import { ServerResponse, type IncomingMessage, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/**
 * A response of Node that keeps header fields as a list until its head is written. Node's own keeps a dictionary of them,
 * and reads it again to write the head, which costs more than the rest of the head does.
 */
export class FieldListResponse<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
  /** Names and values in turn; absent before the first, and when they are written. */
  private fields: string[] | undefined;
  /** Whether Node has them instead, for what is done here seldom. */
  private isHandedOver = false;

  public override setHeader(name: string, value: number | string | readonly string[]): this {
    if (this.isHandedOver || typeof value !== 'string' || this.headersSent) {
      this.handOver();
      return super.setHeader(name, value);
    }
    const { fields } = this;
    const place = fields === undefined ? -1 : placeOf(name, fields);
    // An empty array that grows gets room for seventeen.
    if (fields === undefined) this.fields = [name, value];
    else if (place < 0) fields.push(name, value);
    else fields.splice(place, 2, name, value);
    return this;
  }

  public override appendHeader(name: string, value: string | readonly string[]): this {
    this.handOver();
    return super.appendHeader(name, value);
  }

  public override getHeader(name: string): number | string | string[] | undefined {
    this.handOver();
    return super.getHeader(name);
  }

  public override getHeaders(): OutgoingHttpHeaders {
    this.handOver();
    return super.getHeaders();
  }

  public override getHeaderNames(): string[] {
    this.handOver();
    return super.getHeaderNames();
  }

  public override hasHeader(name: string): boolean {
    this.handOver();
    return super.hasHeader(name);
  }

  public override removeHeader(name: string): void {
    this.handOver();
    super.removeHeader(name);
  }

  public override writeHead(status: number, reason?: string | Headers, headers?: Headers): this {
    const [text, own] = typeof reason === 'string' ? [reason, headers] : [undefined, reason ?? headers];
    const isListed = !this.isHandedOver && !Array.isArray(own) && !this.headersSent;
    if (!isListed) this.handOver();
    const all = isListed ? withFields(own, this.fields) : own;
    if (text === undefined) super.writeHead(status, all);
    else super.writeHead(status, text, all);
    // A stream that stands needs them no more.
    this.fields = undefined;
    return this;
  }

  /** From now on Node has them. */
  private handOver(): void {
    const { fields = [] } = this;
    this.fields = undefined;
    this.isHandedOver = true;
    for (let i = 0; i < fields.length; i += 2) super.setHeader(fields[i] as string, fields[i + 1] as string);
  }
}

/** Headers of a head, and the fields that were set before, unless the headers have others of the same name. */
function withFields(headers: OutgoingHttpHeaders = {}, fields: readonly string[] = []): OutgoingHttpHeader[] {
  const all: OutgoingHttpHeader[] = [];
  const names: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined) continue;
    names.push(name, '');
    if (typeof value === 'object') for (const each of value) all.push(name, each);
    else all.push(name, value);
  }
  for (let i = 0; i < fields.length; i += 2) {
    if (placeOf(fields[i] as string, names) < 0) all.push(fields[i] as string, fields[i + 1] as string);
  }
  return all;
}

/** Where a name stands among names and values, in whatever case. @returns -1 if it does not */
function placeOf(name: string, fields: readonly string[]): number {
  for (let i = 0; i < fields.length; i += 2) {
    const other = fields[i] as string;
    if (other === name) return i;
    if (other.length === name.length && other.toLowerCase() === name.toLowerCase()) return i;
  }
  return -1;
}
