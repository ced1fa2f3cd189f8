/** What the gateway calls, as metrics name it: `toolset/logs`, `server/crm`. */
export function calleeOf({
  kind,
  target,
}: {
  readonly kind: string;
  readonly target: { readonly name: string };
}): string {
  return `${kind}/${target.name}`;
}
