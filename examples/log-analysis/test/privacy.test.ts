import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { isLuhnValid } from '../tools/luhn';
import { privacy } from '../tools/privacy';

const mask = async (text: string, names: string[] = []) =>
  ((await privacy({ operation: 'mask', text, names })) as { text: string }).text;
const kindsIn = async (text: string, names: string[] = []) => {
  const { findings } = (await privacy({ operation: 'find', text, names })) as {
    findings: { kind: string; start: number; end: number }[];
  };
  return findings.map(({ kind, start, end }) => `${kind}:${text.slice(start, end)}`);
};

describe('privacy', () => {
  it.each([
    ['write to jane.roe+shop@mail.example.com.', 'write to [email].'],
    ['<jürgen@müller.example>', '<[email]>'],
    ['from 192.0.2.17:443', 'from [ip]:443'],
    ['from 2001:db8::42, ok', 'from [ip], ok'],
    ['mapped ::ffff:192.0.2.1 address', 'mapped [ip] address'],
    ['card 4111 1111 1111 1111 used', 'card [card] used'],
    ['card 4111-1111-1111-1111', 'card [card]'],
    ['amex 378282246310005!', 'amex [card]!'],
    ['card 4111 1111 1111 1111 12/27', 'card [card] 12/27'],
    ['card 4111111111111111 123', 'card [card] 123'],
    ['10:03 4111-1111-1111-1111', '10:03 [card]'],
    ['7 3782 822463 10005 and 4111 1111 1111 1111', '7 [card] and [card]'],
    ['...jane@example.com', '...[email]'],
    ['call +1 202-555-0147 now', 'call [phone] now'],
    ['call (030) 901820 now', 'call [phone] now'],
    ['call 0171 2345678', 'call [phone]'],
    ['call +442079460123', 'call [phone]'],
  ])('masks %j', async (text, expected) => {
    expect(await mask(text)).toBe(expected);
  });

  it.each([
    'at 2026-11-20 09:03:06.123 it',
    'at 20.11.2026 in',
    'version 1.2.3 of 10.24.0',
    'order 10481 with 7 items',
    'id 8f14e45f-ceea-467f-a9e3-3b0f1d2c4e5a',
    'not a card 4111 1111 1111 1112',
    'took 30000 ms at payment.js:88',
    'std::vector and a::b',
    '999.999.999.999',
    'user@localhost',
  ])('leaves %j', async (text) => {
    expect(await kindsIn(text)).toEqual([]);
  });

  it('finds the names that the caller gives, as whole words, in any case, the longest first', async () => {
    const names = ['Ann', 'Ann Lee', 'Zoë', 'R. (Bob) Roe'];
    expect(await kindsIn('ANN LEE met Annabel, zoë and R. (Bob) Roe; Ann left', names)).toEqual([
      'name:ANN LEE',
      'name:zoë',
      'name:R. (Bob) Roe',
      'name:Ann',
    ]);
  });

  it('looks only for the kinds that are asked for', async () => {
    const text = 'a@example.com 192.0.2.1';
    expect(await privacy({ operation: 'mask', text, kinds: ['ip'] })).toEqual({
      counts: { ip: 1 },
      text: 'a@example.com [ip]',
    });
  });

  it('masks the sample log', async () => {
    const text = readFileSync(path.join(__dirname, '../sample/shop.log'), 'utf8');
    const answer = (await privacy({ operation: 'mask', text, names: ['Jane Roe'] })) as {
      counts: object;
      text: string;
    };
    expect(answer.counts).toEqual({ email: 2, ip: 3, card: 1, phone: 1, name: 1 });
    expect(answer.text).not.toMatch(/example\.|192\.0|2001:db8|4111|555-0147|Jane/);
    expect(answer.text).toContain('2026-11-20 09:04:10 INFO  support: [name] called from [phone] about order 10481');
  });

  const personal = fc.oneof(
    fc.constantFrom('jane@example.com', '192.0.2.1', '2001:db8::1', '4111111111111111', '+49 30 1234567', 'Jane Roe'),
    fc.stringMatching(/^[a-z]{1,8}$/),
  );

  it('finds nothing any more in what it has masked', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(personal, { maxLength: 12 }), async (words) => {
        const masked = await mask(words.join(' , '), ['Jane Roe']);
        expect(await kindsIn(masked, ['Jane Roe'])).toEqual([]);
      }),
    );
  });

  it('gives findings that lie in the text, in order, without overlap', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.array(fc.string({ minLength: 2 })),
        async (text, names) => {
          const { findings } = (await privacy({ operation: 'find', text, names })) as {
            findings: { start: number; end: number }[];
          };
          let position = 0;
          for (const { start, end } of findings) {
            expect(start).toBeGreaterThanOrEqual(position);
            expect(end).toBeGreaterThan(start);
            position = end;
          }
          expect(position).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});

describe('Luhn', () => {
  it('accepts a number with its check digit and refuses every other last digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{12,18}$/), (digits) => {
        const valid = [...'0123456789'].filter((check) => isLuhnValid(digits + check));
        expect(valid).toHaveLength(1);
      }),
    );
  });
});
