import { DocumentResources } from '../src/document-resources';

/** Resources by name, which say when they are closed. */
function resources() {
  const closed: string[] = [];
  const made: string[] = [];
  const make = (name: string) => () => {
    made.push(name);
    return { close: () => void closed.push(name) };
  };
  return { closed, made, make, held: new DocumentResources() };
}

describe('DocumentResources', () => {
  it('keeps what the next document names too, and closes the rest', async () => {
    const { closed, made, make, held } = resources();
    await held.replace(async (open) => [await open(['a', 1], make('a1')), await open(['b'], make('b'))]);
    await held.replace(async (open) => [await open(['a', 1], make('again')), await open(['a', 2], make('a2'))]);
    expect(made).toEqual(['a1', 'b', 'a2']);
    expect(closed).toEqual(['b']);
    held.close();
    expect(closed).toEqual(['b', 'a1', 'a2']);
  });

  it('stays as it is when a document cannot be prepared, and closes what was opened for it', async () => {
    const { closed, make, held } = resources();
    await held.replace((open) => open(['a'], make('a')));
    const failing = held.replace(async (open) => {
      await open(['a'], make('again'));
      await open(['b'], make('b'));
      throw new Error('not this one');
    });
    await expect(failing).rejects.toThrow('not this one');
    expect(closed).toEqual(['b']);
  });
});
