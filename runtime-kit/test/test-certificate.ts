import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';

const [INTEGER, BIT_STRING, OCTET_STRING, OID, UTF8, TIME, SEQUENCE, SET] = [2, 3, 4, 6, 12, 24, 48, 49] as const;
const BOOLEAN_TRUE = Buffer.from([1, 1, 255]);
const context = (number: number): number => 0xa0 + number;

const COMMON_NAME = '550403';
const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const BASIC_CONSTRAINTS = '551d13';
const SUBJECT_ALTERNATIVE_NAME = '551d11';
const DNS_NAME = 0x82;

export interface TestCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM; it is its own authority. */
  readonly cert: string;
}

/** A self-signed certificate for host names, made anew: no private key lies in the repository. */
export function certificateFor(...names: readonly string[]): TestCertificate {
  return certificateUntil('20990101000000Z', ...names);
}

/** The same that counts until a time, such as `20990101000000Z`. */
export function certificateUntil(end: string, ...names: readonly string[]): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, der(OID, hex(ECDSA_WITH_SHA256)));
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, der(OID, hex(COMMON_NAME)), der(UTF8, Buffer.from('test')))));
  const extensions = der(
    SEQUENCE,
    extension(BASIC_CONSTRAINTS, der(SEQUENCE, BOOLEAN_TRUE)),
    extension(
      SUBJECT_ALTERNATIVE_NAME,
      der(SEQUENCE, ...names.map((host) => der(DNS_NAME, Buffer.from(host, 'latin1')))),
    ),
  );
  const body = der(
    SEQUENCE,
    der(context(0), der(INTEGER, Buffer.from([2]))),
    der(INTEGER, Buffer.from([1])),
    algorithm,
    name,
    der(SEQUENCE, time('20200101000000Z'), time(end)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(context(3), extensions),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', body, privateKey));
  const cert = new X509Certificate(der(SEQUENCE, body, algorithm, signature)).toString();
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

function extension(id: string, value: Buffer): Buffer {
  return der(SEQUENCE, der(OID, hex(id)), BOOLEAN_TRUE, der(OCTET_STRING, value));
}

function time(text: string): Buffer {
  return der(TIME, Buffer.from(text));
}

/** Tag, length and content, X.690. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}
