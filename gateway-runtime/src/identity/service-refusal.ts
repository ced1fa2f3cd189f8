/**
 * Whether a part of our own refuses this gateway, whoever the user is: by its status, and by the code of the problem
 * that it answers with. Only `role-missing` and `arguments-refused` are about the user.
 */
export function refusesService(status: number, answer: unknown): boolean {
  const code = (answer as { readonly code?: unknown } | null | undefined)?.code;
  const isAboutUser = code === 'role-missing' || code === 'arguments-refused';
  return status === 401 || (status === 403 && !isAboutUser) || code === 'issuer-unavailable';
}
