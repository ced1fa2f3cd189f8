import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { egressProxyDocument, parseDocument, type EgressProxyDocument } from 'agentyard/contract';
import { goldenDocument } from '../../test/contract/golden';
import { squidConf } from '../src/squid-conf';

const FILES = {
  certificate: '/run/agentyard/never-presented.pem',
  accessLog: '/run/agentyard/access.log',
  serverNameCommand: ['/usr/local/bin/node', '/opt/agentyard/egress-proxy/server-name.mjs'],
};

function documentWith(members: Record<string, unknown>): EgressProxyDocument {
  return parseDocument(
    egressProxyDocument,
    JSON.stringify({ ...goldenDocument('egress-proxy'), parent: undefined, ...members }),
  );
}

/** Compares with the golden file, which a person has reviewed; UPDATE_GOLDEN=1 writes it for the next review. */
function expectGolden(name: string, text: string): void {
  const file = path.join(__dirname, 'golden', name);
  if (process.env.UPDATE_GOLDEN === '1' || !existsSync(file)) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

describe('squid.conf', () => {
  it.each([
    ['direct.conf', {}],
    ['behind-parent.conf', { parent: { host: 'proxy.corp.example.com', port: 3128 } }],
    ['no-lists.conf', { allowLists: [] }],
  ])('is the reviewed %s', (name, members) => expectGolden(name, squidConf(documentWith(members), FILES)));

  it('does not depend on the order in which lists and hosts are written', () => {
    const { allowLists } = documentWith({});
    const turned = [...allowLists].reverse().map((list) => ({ ...list, hosts: [...list.hosts].reverse() }));
    expect(squidConf(documentWith({ allowLists: turned }), FILES)).toBe(squidConf(documentWith({}), FILES));
  });

  it('keeps every line below the 8 kB that Squid reads, however long a list is', () => {
    const long = Array.from({ length: 300 }, (_, i) => `${'n'.repeat(60)}${i}.example.com`);
    const privateCidrs = Array.from({ length: 200 }, (_, i) => `fd00:${i.toString(16)}::1/128`);
    const hosts = ['', '*.'].flatMap((lead) =>
      long.map((name) => ({ name: `${lead}${name}`, port: 443, privateCidrs })),
    );
    const conf = squidConf(documentWith({ allowLists: [{ port: 21_000, hosts }] }), FILES);
    expect(Math.max(...conf.split('\n').map((line) => line.length))).toBeLessThan(8_000);
    const named = conf
      .split('\n')
      .flatMap((line) => /^acl names_21000_1 dstdomain -n (.*)$/.exec(line)?.[1]?.split(' ') ?? []);
    expect(named).toEqual([...long].sort());
  });

  it('lets the name of a wildcard stand for one label', () => {
    const [, pattern = ''] =
      /^acl names_21007_0 dstdom_regex -n -i (.*)$/m.exec(squidConf(documentWith({}), FILES)) ?? [];
    const names = [
      'a.openai.azure.com',
      'a.b.openai.azure.com',
      'openai.azure.com',
      'aXopenai.azure.com',
      'a.openai.azure.com.x',
    ];
    expect(names.map((name) => new RegExp(pattern, 'i').test(name))).toEqual([true, false, false, false, false]);
  });
});
