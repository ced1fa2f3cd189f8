import { readFileSync } from 'node:fs';
import path from 'node:path';

const read = (file: string) => readFileSync(path.join(__dirname, '../..', file), 'utf8');

describe('docs/testing.md', () => {
  it('shows the test that runs as test/testing/platform.test.ts', () => {
    const code = /```ts\n([^]*?)```/.exec(read('docs/testing.md'))?.[1];
    expect(code).toBe(read('test/testing/platform.test.ts').replace("'../fixtures/greeting-tools'", "'tools'"));
  });
});
