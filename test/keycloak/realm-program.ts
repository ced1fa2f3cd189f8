import { Auth, KeycloakRealm, type KeycloakRealmProps } from 'agentyard';
import { Program } from '../constructs/program';

/** A program with a realm, and gateways that take its tokens. */
export class RealmProgram {
  public readonly program: Program;
  public readonly realm: KeycloakRealm;

  public constructor(props: Partial<KeycloakRealmProps> = {}, appId?: string) {
    this.program = new Program('agents', undefined, appId);
    this.realm = new KeycloakRealm(this.program.chart, 'mcp', { hostname: 'sso.example.com', ...props });
  }

  /** Adds a gateway. @returns the scope that stands for it */
  public addGateway(id: string): string {
    this.program.gateway(id, { auth: Auth.keycloak(this.realm), publicUrl: audienceOf(id) });
    return `mcp:agents/${id}`;
  }

  /** The realm file, by its name. */
  public realmFiles(): Record<string, string> {
    return this.program.object('ConfigMap', 'mcp').data as Record<string, string>;
  }

  /** The document of the job that keeps the realm in line. */
  public syncDocument(): any {
    return this.program.document('mcp-sync', 'keycloak-realm-sync.json');
  }
}

/** The audience of a gateway: its public URL. */
export function audienceOf(id: string): string {
  return `https://${id}.example.com/mcp`;
}
