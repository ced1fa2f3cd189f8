import { ProxyVariables } from '../src/proxy-variables';

const PROXY = 'http://egress-proxy.platform.svc:3128';

/** The proxy of a URL under these variables, as `host:port`. */
function proxyOf(url: string, environment: NodeJS.ProcessEnv): string | undefined {
  return ProxyVariables.read(environment).proxyFor(new URL(url))?.host;
}

describe('the proxy variables', () => {
  it('name a proxy per protocol, and none for the other', () => {
    const environment = { HTTP_PROXY: 'http://a:1', HTTPS_PROXY: 'http://b:2' };
    expect(proxyOf('http://x.example/', environment)).toBe('a:1');
    expect(proxyOf('https://x.example/', environment)).toBe('b:2');
    expect(proxyOf('https://x.example/', { HTTP_PROXY: 'http://a:1' })).toBeUndefined();
    expect(ProxyVariables.read({ NO_PROXY: '*' }).areUnset).toBe(true);
  });

  it('count in lower case first, and not when they are empty', () => {
    expect(proxyOf('https://x.example/', { https_proxy: 'http://small:1', HTTPS_PROXY: 'http://LARGE:2' })).toBe(
      'small:1',
    );
    expect(proxyOf('https://x.example/', { https_proxy: '', HTTPS_PROXY: PROXY })).toBeUndefined();
  });

  it('may leave the scheme of the proxy out', () => {
    expect(proxyOf('https://x.example/', { HTTPS_PROXY: 'proxy.corp.example:8080' })).toBe('proxy.corp.example:8080');
  });

  it.each(['ftp://me:hunter2@proxy:21', 'http://me:hunter2@', 'socks5://me:hunter2@proxy:1080'])(
    'refuse %s, without repeating it',
    (value) => {
      const reading = () => ProxyVariables.read({ HTTPS_PROXY: value });
      expect(reading).toThrow(/^HTTPS_PROXY must be the http or https URL of a proxy/);
      expect(reading).not.toThrow('hunter2');
    },
  );

  it.each([
    ['api.example.com', 'https://api.example.com/'],
    ['API.example.com', 'https://api.EXAMPLE.com./'],
    ['a.example, ,b.example', 'https://b.example/'],
    ['a.example b.example', 'https://b.example/'],
    ['.svc', 'http://log-analysis-pods.tools.svc:8080/'],
    ['*.svc', 'http://log-analysis-pods.tools.svc:8080/'],
    ['b.example:8443', 'https://b.example:8443/'],
    ['b.example:443', 'https://b.example/'],
    ['b.example:80', 'http://b.example/'],
    ['169.254.170.23', 'http://169.254.170.23/v1/credentials'],
    ['[fd00:ec2::23]:80', 'http://[fd00:ec2::23]/v1/credentials'],
    ['fd00:ec2::23', 'http://[fd00:ec2::23]/v1/credentials'],
    ['*', 'https://anything.example/'],
  ])('NO_PROXY %s lets %s go directly', (exceptions, url) => {
    expect(proxyOf(url, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBeUndefined();
  });

  it.each([
    ['example.com', 'https://api.example.com/'],
    ['.example.com', 'https://example.com/'],
    ['.example.com', 'https://badexample.com/'],
    ['b.example:8443', 'https://b.example/'],
    ['10.0.0.0/8', 'http://10.1.2.3/'],
    ['', 'https://api.example.com/'],
  ])('NO_PROXY "%s" leaves %s to the proxy', (exceptions, url) => {
    expect(proxyOf(url, { HTTP_PROXY: PROXY, HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBe(
      'egress-proxy.platform.svc:3128',
    );
  });

  it.each([
    'http://localhost:1/',
    'http://x.localhost/',
    'http://127.8.9.1/',
    'http://[::1]:1/',
    'http://[::ffff:127.0.0.1]/',
  ])('never concern loopback: %s', (url) => {
    expect(proxyOf(url, { HTTP_PROXY: PROXY })).toBeUndefined();
  });

  it('do not send what is meant for a proxy through one', () => {
    expect(proxyOf('http://egress-proxy.platform.svc:3128/', { HTTP_PROXY: PROXY })).toBeUndefined();
  });
});
