/**
 * The first message of a TLS 1.3 client (RFC 8446, 4.1.2) with any bytes as its server name, which no TLS library sends.
 * It offers no key share, so a server answers with a message of its own.
 */
export function clientHello(serverName: string): { readonly base64: string } {
  const name = Buffer.from(serverName, 'latin1');
  const extensions = Buffer.concat([
    extension(0, withLength(Buffer.concat([Buffer.of(0), withLength(name)]))),
    extension(10, withLength(Buffer.of(0, 23))),
    extension(13, withLength(Buffer.of(4, 3, 8, 4))),
    extension(43, Buffer.of(2, 3, 4)),
    extension(51, withLength(Buffer.alloc(0))),
  ]);
  const random = Buffer.alloc(32, 7);
  const body = Buffer.concat([
    Buffer.of(3, 3),
    random,
    Buffer.of(0),
    withLength(Buffer.of(0x13, 1)),
    Buffer.of(1, 0),
    withLength(extensions),
  ]);
  const message = Buffer.concat([Buffer.of(1, 0), withLength(body)]);
  return { base64: Buffer.concat([Buffer.of(22, 3, 1), withLength(message)]).toString('base64') };
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type >> 8, type & 255), withLength(content)]);
}

/** Bytes behind their number, in two bytes. */
function withLength(content: Buffer): Buffer {
  return Buffer.concat([Buffer.of(content.length >> 8, content.length & 255), content]);
}
