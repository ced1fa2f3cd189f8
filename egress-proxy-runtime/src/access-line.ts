/** What happened to a request, as a line of Squid's access log says it. */
export interface AccessEntry {
  readonly outcome:
    /** It may pass; for a tunnel the line stands at its beginning. */
    | 'allowed'
    /** A tunnel has ended. */
    | 'ended'
    /** It might have passed, but its host could not be reached. */
    | 'failed'
    | 'refused';
  /** Why it was refused. */
  readonly reason?: string;
  readonly client: string;
  /** Port of the proxy, which stands for an allow list. */
  readonly listPort: number;
  readonly method: string;
  /** Name that was asked for. */
  readonly host: string;
  readonly hostPort: number;
  /** TLS server name that the client sent, where it is not the name asked for. */
  readonly serverName?: string;
  /** Address that Squid connected to. */
  readonly address?: string;
  readonly status: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly duration_ms: number;
}

/** Fields of a line, in the order in which `squid.conf` has them written. */
const FIELDS = [
  'time',
  'client',
  'listPort',
  'method',
  'host',
  'hostPort',
  'status',
  'squidStatus',
  'address',
  'bump',
  'serverName',
  'received',
  'sent',
  'duration',
  'error',
  'reason',
] as const;

type Line = Readonly<Record<(typeof FIELDS)[number], string>>;

/** Reads a line of the access log. Nothing for a connection without a request, as the supervisor's own are. */
export function accessEntry(text: string): AccessEntry | undefined {
  const fields = text.split(' ');
  if (fields.length !== FIELDS.length) return undefined;
  const line = Object.fromEntries(FIELDS.map((name, i) => [name, fields[i]])) as Line;
  if (line.method === '-' || line.host === '-') return undefined;
  const reason = reasonOf(line);
  const host = unquoted(line.host);
  const serverName = unquoted(line.serverName);
  return {
    outcome: reason === undefined ? outcomeOf(line) : 'refused',
    ...(reason !== undefined && { reason }),
    client: line.client,
    listPort: Number(line.listPort),
    method: line.method,
    host,
    hostPort: Number(line.hostPort),
    ...(line.serverName !== '-' && serverName.toLowerCase() !== host.toLowerCase() && { serverName }),
    ...(line.address !== '-' && { address: line.address }),
    status: Number(line.status),
    receivedBytes: Number(line.received),
    sentBytes: Number(line.sent),
    duration_ms: Number(line.duration),
  };
}

function outcomeOf({ method, status, squidStatus }: Line): AccessEntry['outcome'] {
  if (method !== 'CONNECT') return squidStatus.startsWith('NONE') && Number(status) >= 500 ? 'failed' : 'allowed';
  if (status !== '200') return 'failed';
  return squidStatus === 'TCP_TUNNEL' ? 'ended' : 'allowed';
}

/** The rule that refused says why. What never got to a rule was no TLS, or no request that a proxy takes. */
function reasonOf({ status, bump, error, reason }: Line): string | undefined {
  if (error === 'ERR_PROTOCOL_UNKNOWN') return 'not-tls';
  if (reason !== '-') return unquoted(reason);
  if (bump === 'terminate' || bump === 'peek') return 'no-client-hello';
  return status === '400' || status === '501' || (status === '403' && error !== '-') ? 'request-invalid' : undefined;
}

/** Squid writes what clients chose in the escapes of URLs. */
function unquoted(text: string): string {
  try {
    return decodeURIComponent(text).replace(/[^\x20-\x7e]/g, '?');
  } catch {
    return text;
  }
}
