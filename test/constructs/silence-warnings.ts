/** Keeps the warnings of synthesis, which tests look at through the constructs, out of the test report. */
export function silenceWarnings(): void {
  beforeEach(() => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
}
