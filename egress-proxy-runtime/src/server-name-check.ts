/** A name as certificates and the DNS of the Internet have it. What else a client may send, Squid has URL-encoded. */
const HOST_NAME = /^[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_-]+)*$/;

/**
 * Answers a question of Squid, `<channel> <name asked for> <TLS server name> -`: `OK` if both names are the same, `ERR`
 * if not, and if anything of the question is otherwise. A client that sends no server name is asked about with `-`.
 */
export function serverNameAnswer(question: string): string {
  const [channel = '', asked = '', sent = '', end, ...rest] = question.split(' ');
  const whole = end === '-' && rest.length === 0;
  const same = whole && HOST_NAME.test(canonical(asked)) && canonical(asked) === canonical(sent);
  return `${channel} ${same ? 'OK' : 'ERR'}`;
}

/** Names are compared without case (RFC 4343). Squid has taken the dot off the end of the name asked for. */
function canonical(name: string): string {
  return name.toLowerCase();
}
