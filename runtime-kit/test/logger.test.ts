import { keptLog } from './fixture';

describe('createLogger', () => {
  it('writes JSON lines with ISO time, level by name and who logs', () => {
    const { lines, log } = keptLog();
    log.info({ event: 'started' }, 'hello');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        component: 'test',
        name: 'kit',
        namespace: 'here',
        event: 'started',
        msg: 'hello',
      },
    ]);
  });

  it.each(['authorization', 'cookie', 'x-api-key', 'apiKey', 'token', 'secret', 'password'])(
    'never shows %s, wherever an object carries it',
    (name) => {
      const { lines, log } = keptLog();
      log.info({
        [name]: 'canary',
        headers: { [name]: 'canary' },
        request: { headers: { [name]: ['canary'] } },
        list: [{ [name]: 'canary' }, 'kept'],
        deep: { a: { b: { c: { d: { e: 'canary' } } } } },
        kept: 'kept',
      });
      log.child({ [name]: 'canary', inner: { [name]: 'canary' } }).warn('child');
      log.error({ err: Object.assign(new Error('boom'), { [name]: 'canary', config: { [name]: 'canary' } }) });
      expect(lines).toHaveLength(3);
      expect(JSON.stringify(lines)).not.toContain('canary');
      expect(lines[0]).toMatchObject({
        kept: 'kept',
        headers: { [name]: '[redacted]' },
        list: [{ [name]: '[redacted]' }, 'kept'],
      });
    },
  );

  it('leaves objects as they are', () => {
    const { log } = keptLog();
    const fields = { token: 'mine', inner: { secret: 'mine' } };
    log.info(fields);
    expect(fields).toEqual({ token: 'mine', inner: { secret: 'mine' } });
  });

  it('writes an error with its message and stack', () => {
    const { lines, log } = keptLog();
    log.error({ err: new Error('boom') }, 'failed');
    expect(lines[0]).toMatchObject({
      level: 'error',
      err: { message: 'boom', stack: expect.stringContaining('logger.test') },
    });
  });
});
