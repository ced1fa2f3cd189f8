/**
 * Answers a question of Squid, `<channel> <name asked for> <TLS server name> -`: `OK` if both names are the same, `ERR`
 * if not. A client that sends no server name is asked about with `-`.
 */
export function serverNameAnswer(question: string): string {
  const [channel = '', asked = '', sent = '', ...rest] = question.trim().split(' ');
  const whole = rest.every((field) => field === '-');
  const same = whole && asked !== '' && asked !== '-' && canonical(asked) === canonical(sent);
  return `${channel} ${same ? 'OK' : 'ERR'}`;
}

/** Names are compared without case (RFC 4343). Squid has taken the dot off the end of the name asked for. */
function canonical(name: string): string {
  return name.toLowerCase();
}
