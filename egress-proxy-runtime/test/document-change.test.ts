import { changeBetween } from '../src/document-change';
import type { SquidDocument } from '../src/squid-conf';

type List = SquidDocument['allowLists'][number];

const host = (name: string, privateCidrs: string[] = []) => ({ name, port: 443, tls: true, privateCidrs });
const list = (port: number, ...hosts: List['hosts']): List => ({ port, hosts });
const document = (...allowLists: List[]): SquidDocument => ({ allowLists, shutdown: { graceMs: 1_000 } });

const A = list(10_001, host('a.example.com'), host('b.example.com', ['10.0.0.0/24', '10.0.1.0/24']));
const B = list(10_002, host('c.example.com'));

describe('a new document', () => {
  it.each<[string, SquidDocument]>([
    ['the same', document(A, B)],
    ['in another order', document(B, { ...A, hosts: [...A.hosts].reverse() })],
  ])('(%s) asks for nothing', (_, after) => expect(changeBetween(document(A, B), after)).toBe('none'));

  it('that adds lists lets Squid go on', () => {
    expect(changeBetween(document(A), document(B, A))).toBe('reconfigure');
    expect(changeBetween(document(), document(A))).toBe('reconfigure');
  });

  it.each<[string, SquidDocument]>([
    ['without a list', document(B)],
    ['without any list', document()],
    ['with a list at another port', document({ ...A, port: 10_003 }, B)],
    ['without a host', document(list(A.port, host('a.example.com')), B)],
    ['with a host more in a list that is there', document(list(A.port, ...A.hosts, host('d.example.com')), B)],
    ['with another port of a host', document(A, list(B.port, { ...host('c.example.com'), port: 8443 }))],
    ['with a host in plain', document(A, list(B.port, { ...host('c.example.com'), tls: false }))],
    [
      'without a private block',
      document(list(A.port, host('a.example.com'), host('b.example.com', ['10.0.0.0/24'])), B),
    ],
    ['with a list in place of another', document(A, list(10_003, host('c.example.com')))],
    ['with a parent', { ...document(A, B), parent: { host: 'proxy.example.com', port: 3128 } }],
    ['with another grace', { ...document(A, B), shutdown: { graceMs: 2_000 } }],
  ])('(%s) ends what is open', (_, after) => expect(changeBetween(document(A, B), after)).toBe('restart'));
});
