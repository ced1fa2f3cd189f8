import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { cleanUp, temporaryDirectory } from './fixture';

afterEach(cleanUp);

/** Writes 2,000 numbered lines and ends at once, without waiting for anything. */
const WRITER = `
import { createLogger } from ${JSON.stringify(path.join(__dirname, '../src/logger.ts'))};
const log = createLogger({ component: 'test', name: 'kit', namespace: 'here' });
for (let i = 0; i < 2000; i += 1) log.info({ i }, 'line');
log.child({ requestId: 'x' }).info({ i: 2000 }, 'line');
`;

const writer = (end: string) => ['--import', 'tsx', '--input-type=module', '--eval', `${WRITER}${end}`];

function numbersIn(text: string): number[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { i: number }).i);
}

const ALL = Array.from({ length: 2_001 }, (_, i) => i);

it('hands all lines to a pipe, in their order, also of a process that ends by itself', async () => {
  const child = spawn(process.execPath, writer(''), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => void (text += part));
  await once(child, 'close');
  expect(numbersIn(text)).toEqual(ALL);
});

it('hands all lines to a file, also of a process that is ended', async () => {
  const file = path.join(await temporaryDirectory(), 'log');
  const descriptor = openSync(file, 'w');
  const child = spawn(process.execPath, writer('process.exit(0);'), { stdio: ['ignore', descriptor, 'inherit'] });
  await once(child, 'close');
  closeSync(descriptor);
  expect(numbersIn(readFileSync(file, 'utf8'))).toEqual(ALL);
});

it('outlives a reader that leaves', async () => {
  const end = `setTimeout(() => { log.info({ i: 1 }, 'line'); setTimeout(() => process.exit(7), 50); }, 100);`;
  const child = spawn(process.execPath, writer(end), { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = (await once(child, 'close')) as [number];
  expect(code).toBe(7);
});
