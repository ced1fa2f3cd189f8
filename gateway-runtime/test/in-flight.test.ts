import { InFlight } from '../src/mcp/relay/in-flight';

const cancelled: string[] = [];
const cancelOf = (name: string) => () => void cancelled.push(name);

afterEach(() => cancelled.splice(0));

it('cancels the request of a session that has the id, and no other one', () => {
  const inFlight = new InFlight();
  inFlight.add('a', 1, cancelOf('a 1'));
  inFlight.add('a', '1', cancelOf('a "1"'));
  inFlight.add('b', 1, cancelOf('b 1'));
  expect(inFlight.cancel('a', 1)).toBe(true);
  expect(inFlight.cancel('b', '1')).toBe(false);
  expect(cancelled).toEqual(['a 1']);
});

it('cancels nothing that is answered', () => {
  const inFlight = new InFlight();
  const done = inFlight.add('a', 1, cancelOf('first'));
  inFlight.add('a', 2, cancelOf('second'));
  done();
  done();
  expect(inFlight.cancel('a', 1)).toBe(false);
  expect(inFlight.cancel('a', 2)).toBe(true);
  expect(cancelled).toEqual(['second']);
});

it('cancels both of two that have the same id', () => {
  const inFlight = new InFlight();
  const done = inFlight.add('a', 1, cancelOf('first'));
  inFlight.add('a', 1, cancelOf('second'));
  expect(inFlight.cancel('a', 1)).toBe(true);
  expect(cancelled).toEqual(['first', 'second']);
  done();
  expect(inFlight.cancel('a', 1)).toBe(true);
});
