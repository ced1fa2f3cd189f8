import { serverNameAnswer } from '../src/server-name-check';

describe('the comparison of server names', () => {
  it.each([
    ['0 api.example.com api.example.com -', '0 OK'],
    ['17 api.example.com API.Example.com -', '17 OK'],
    ['1 api.example.com api.example.com', '1 ERR'],
    ['1 api.example.com api.example.com - -', '1 ERR'],
    ['1 api.example.com api.example.com%20-', '1 ERR'],
    ['1 api.example.com%0A2 api.example.com%0A2 -', '1 ERR'],
    ['1 api.example.com  api.example.com -', '1 ERR'],
    ['1 api.example.com other.example.com -', '1 ERR'],
    ['1 api.example.com api.example.com.evil.example -', '1 ERR'],
    ['1 api.example.com - -', '1 ERR'],
    ['1 - - -', '1 ERR'],
    ['1 api.example.com', '1 ERR'],
    ['1 api.example.com api.example.com other.example.com -', '1 ERR'],
    ['1', '1 ERR'],
  ])('of "%s" says %s', (question, answer) => expect(serverNameAnswer(question)).toBe(answer));
});
