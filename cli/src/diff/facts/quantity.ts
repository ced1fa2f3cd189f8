const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a quantity of Kubernetes stands for; none if it is no quantity. */
export function quantityOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const [, number, unit = ''] = /^([+-]?\d*\.?\d+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(value)) ?? [];
  const factor = UNITS[unit];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

/** A limit of what there is plenty of; zero means that there is none. */
export function limitOf(value: unknown): number | undefined {
  const quantity = quantityOf(value);
  return quantity === 0 ? undefined : quantity;
}

export function inSeconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}

export function inBytes(bytes: number): string {
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MiB` : `${bytes} bytes`;
}
