interface Refund {
  readonly order: string;
  /** In euros. */
  readonly amount: number;
}

/** Stands for a call of the shop's payment service. */
export async function refund({ order, amount }: Refund): Promise<string> {
  return Promise.resolve(`${amount.toFixed(2)} EUR of order ${order} are on their way.`);
}
