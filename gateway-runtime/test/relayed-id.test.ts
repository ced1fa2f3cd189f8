import { originalId } from '../src/mcp/relay/relayed-id';

it.each(['a~1e999', 'a~-1e999', 'a~null', 'a~[1]', 'a~{}', 'a~', 'a', '~', 7, null])(
  'an answer to %p is an answer to no request of a server',
  (id) => expect(originalId(id)?.id).toBeUndefined(),
);

it.each<[string, string | number]>([
  ['a~"1~2"', '1~2'],
  ['a~1.5', 1.5],
  ['a~""', ''],
])('%p names what a server has chosen', (id, own) => expect(originalId(id)).toEqual({ server: 'a', id: own }));
