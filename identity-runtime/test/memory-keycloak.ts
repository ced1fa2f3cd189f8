/** Something that the admin API keeps. */
export type Thing = Record<string, any>;

interface Call {
  readonly method: string;
  /** Below the realm's, decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: any;
}

type Handler = (call: Call, ...captured: string[]) => unknown;

class Refusal {
  public constructor(
    public readonly status: number,
    public readonly error: string,
  ) {}
}

/**
 * A realm as Keycloak's admin API has it, in memory, as far as the job of a realm asks. It does what Keycloak does where
 * that is easily overlooked: what is left out of a PUT, what an empty text removes, what comes in pages or is brief.
 */
export class MemoryKeycloak {
  /** Requests that changed something. */
  public readonly written: string[] = [];
  public readonly realm: Thing;
  public readonly roles: Thing[];
  public readonly clients: Thing[] = [];
  public readonly scopes: Thing[] = [];
  /** Composites by role, mappings by path, groups by user, lists of client scopes. */
  public readonly composites = new Map<string, Thing[]>();
  public readonly mappings = new Map<string, Thing[]>();
  public readonly groups = new Map<string, Thing[]>();
  public readonly lists: Record<string, string[]> = { default: [], optional: [] };
  public readonly components: Thing[] = [];
  public readonly policies: Thing = { profiles: { profiles: [] }, policies: { policies: [] } };
  /** Called before each request that changes something. */
  public beforeWrite: (path: string) => void = () => undefined;
  private ids = 0;

  /** A realm as somebody makes it by hand. @param name of which its default role has the lower case */
  public constructor(name: string) {
    const defaultRole = { id: this.id(), name: `default-roles-${name.toLowerCase()}`, clientRole: false };
    this.realm = { id: this.id(), realm: name, enabled: true, attributes: { cibaExpiresIn: '120' }, defaultRole };
    this.roles = [{ ...defaultRole, attributes: {} }];
    for (const clientId of ['account', 'account-console', 'admin-cli']) this.addClient({ clientId, enabled: true });
    Object.assign(this.client('admin-cli'), { directAccessGrantsEnabled: true, fullScopeAllowed: true });
  }

  public readonly fetch = ((input: string, init: RequestInit = {}) =>
    Promise.resolve().then(() => this.respond(input, init))) as typeof fetch;

  public client(clientId: string): Thing {
    return named(this.clients, 'clientId', clientId);
  }

  public scope(name: string): Thing {
    return named(this.scopes, 'name', name);
  }

  public role(name: string): Thing {
    return named(this.roles, 'name', name);
  }

  /** Names of the realm roles of a client's service account. */
  public rolesOfAccount(clientId: string): string[] {
    const mapped = this.mappings.get(`/users/account-of-${this.client(clientId).id}/role-mappings`) ?? [];
    return mapped.map(({ name }) => name as string).sort();
  }

  public addRole(role: Thing): Thing {
    const made = { clientRole: false, attributes: {}, ...role, id: this.id() };
    this.roles.push(made);
    return made;
  }

  public addScope(scope: Thing): Thing {
    const made = { attributes: {}, ...scope, id: this.id(), protocolMappers: this.withIds(scope.protocolMappers) };
    this.scopes.push(made);
    return made;
  }

  public addClient(client: Thing): Thing {
    const lists = {
      defaultClientScopes: [],
      optionalClientScopes: [],
      redirectUris: [],
      webOrigins: [],
      attributes: {},
    };
    const made = { ...lists, ...client, id: this.id(), protocolMappers: this.withIds(client.protocolMappers) } as Thing;
    this.clients.push(made);
    const account = `/users/account-of-${made.id}`;
    this.mappings.set(`${account}/role-mappings`, [this.realm.defaultRole]);
    return made;
  }

  private respond(input: string, { method = 'GET', body }: RequestInit): Response {
    const { pathname, searchParams: query } = new URL(input);
    if (pathname.endsWith('/token')) return Response.json({ access_token: 'token', expires_in: 300 });
    const path = decodeURIComponent(pathname).replace(`/admin/realms/${this.realm.realm}`, '');
    if (method !== 'GET') {
      this.written.push(`${method} ${path}`);
      this.beforeWrite(path);
    }
    const answer = this.answer({ method, path, query, body: body && JSON.parse(body as string) });
    if (answer instanceof Refusal) return Response.json({ error: answer.error }, { status: answer.status });
    return answer === undefined ? new Response(null, { status: 204 }) : Response.json(answer);
  }

  private answer(call: Call): unknown {
    for (const [pattern, handler] of this.resources) {
      const found = pattern.exec(call.path);
      if (found !== null) return handler(call, ...found.slice(1));
    }
    throw new Error(`the test's Keycloak has no ${call.method} ${call.path}`);
  }

  private readonly resources: readonly (readonly [RegExp, Handler])[] = [
    [/^$/, (call) => this.ofRealm(call)],
    [/^\/(roles|clients|client-scopes)$/, (call, kind) => this.ofList(call, kind)],
    [/^\/(roles-by-id|clients|client-scopes)\/([\w-]+)$/, (call, kind, id) => this.ofThing(call, kind, id)],
    [/^\/roles-by-id\/([\w-]+)\/composites$/, (call, id) => this.ofMembers(call, this.composites, id)],
    [
      /^(\/(?:client-scopes|clients|users)\/[\w-]+\/(?:scope|role)-mappings)(?:\/realm)?$/,
      (call, path) => {
        const realmMappings = this.ofMembers(call, this.mappings, path);
        return call.method === 'GET' ? { realmMappings } : realmMappings;
      },
    ],
    [/^\/clients\/([\w-]+)\/service-account-user$/, (_, id) => ({ id: `account-of-${id}` })],
    [/^\/users\/([\w-]+)\/groups(?:\/([\w-]+))?$/, (call, user, group) => this.ofGroups(call, user, group)],
    [
      /^\/default-(default|optional)-client-scopes(?:\/([\w-]+))?$/,
      (call, list, id) => this.ofRealmList(call, list, id),
    ],
    [
      /^\/clients\/([\w-]+)\/(default|optional)-client-scopes\/([\w-]+)$/,
      (call, client, list, id) => this.ofClientList(call, client, list, id),
    ],
    [
      /^\/(?:client-scopes|clients)\/([\w-]+)\/protocol-mappers\/models(?:\/([\w-]+))?$/,
      (call, owner, id) => this.ofMappers(call, owner, id),
    ],
    [/^\/components/, (call) => this.ofComponents(call)],
    [
      /^\/client-policies\/(\w+)$/,
      ({ method, body }, kind) => {
        if (method === 'GET') return this.policies[kind];
        this.policies[kind] = body;
        return undefined;
      },
    ],
  ];

  private ofRealm({ method, body }: Call): unknown {
    if (method === 'GET') return this.realm;
    // Keycloak takes settings of CIBA and of pushed requests from the attributes, and defaults where there are none.
    Object.assign(this.realm, { attributes: { ...this.realm.attributes, cibaExpiresIn: '120' }, ...body });
    return undefined;
  }

  private ofList({ method, query, body }: Call, kind: string): unknown {
    const list = { roles: this.roles, clients: this.clients, 'client-scopes': this.scopes }[kind]!;
    const key = kind === 'clients' ? 'clientId' : 'name';
    if (method === 'GET') return this.page(list, kind, query);
    if (list.some((thing) => thing[key] === body[key])) return new Refusal(409, `${body[key]} exists`);
    if (kind === 'roles') this.addRole(body);
    else if (kind === 'clients') this.addClient(body);
    else this.addScope(body);
    return undefined;
  }

  private page(list: readonly Thing[], kind: string, query: URLSearchParams): readonly Thing[] {
    if (kind === 'client-scopes') return list;
    const first = Number(query.get('first') ?? 0);
    const page = list.slice(first, first + Number(query.get('max') ?? list.length));
    if (kind === 'clients' || query.get('briefRepresentation') === 'false') return page;
    return page.map(({ attributes: _, ...brief }) => brief);
  }

  private ofThing({ method, body }: Call, kind: string, id: string): unknown {
    const list = { 'roles-by-id': this.roles, clients: this.clients, 'client-scopes': this.scopes }[kind]!;
    const at = list.findIndex((thing) => thing.id === id);
    if (at < 0) return new Refusal(404, 'Could not find it');
    if (method === 'DELETE') list.splice(at, 1);
    else list[at] = kind === 'roles-by-id' ? body : merged(list[at]!, body, kind);
    return undefined;
  }

  private ofMembers({ method, body }: Call, members: Map<string, Thing[]>, key: string): unknown {
    const present = members.get(key) ?? [];
    if (method === 'GET') return present.map(({ attributes: _, ...brief }) => brief);
    const gone = (thing: Thing) => (body as Thing[]).some(({ id }) => id === thing.id);
    members.set(key, method === 'POST' ? [...present, ...body] : present.filter((thing) => !gone(thing)));
    return undefined;
  }

  private ofGroups({ method }: Call, user: string, group?: string): unknown {
    const present = this.groups.get(user) ?? [];
    if (method === 'GET') return present;
    this.groups.set(
      user,
      present.filter(({ id }) => id !== group),
    );
    return undefined;
  }

  private ofRealmList({ method }: Call, list: string, id?: string): unknown {
    const ids = this.lists[list]!;
    if (method === 'GET') return this.scopes.filter((scope) => ids.includes(scope.id as string));
    this.lists[list] = method === 'PUT' ? [...ids, id!] : ids.filter((other) => other !== id);
    return undefined;
  }

  private ofClientList({ method }: Call, client: string, list: string, id: string): unknown {
    const owner = named(this.clients, 'id', client);
    const names = owner[`${list}ClientScopes`] as string[];
    const { name } = named(this.scopes, 'id', id);
    owner[`${list}ClientScopes`] = method === 'PUT' ? [...names, name] : names.filter((other) => other !== name);
    return undefined;
  }

  private ofMappers({ method, body }: Call, owner: string, id?: string): unknown {
    const thing = named([...this.clients, ...this.scopes], 'id', owner);
    const others = (thing.protocolMappers as Thing[]).filter((mapper) => mapper.id !== id);
    thing.protocolMappers = method === 'DELETE' ? others : [...others, { ...body, id: id ?? this.id() }];
    return undefined;
  }

  private ofComponents({ method, path, body }: Call): unknown {
    if (method === 'GET') return this.components;
    if (method === 'POST') this.components.push({ ...body, id: this.id() });
    else Object.assign(named(this.components, 'id', path.slice('/components/'.length)), body);
    return undefined;
  }

  private withIds(things: readonly Thing[] = []): Thing[] {
    return things.map((thing) => ({ ...thing, id: this.id() }));
  }

  private id(): string {
    this.ids += 1;
    return `id-${this.ids}`;
  }
}

function named(things: readonly Thing[], key: string, name: string): Thing {
  const found = things.find((thing) => thing[key] === name);
  if (found === undefined) throw new Error(`the test's Keycloak has no ${name}`);
  return found;
}

/** A client, or client scope, after a PUT: what is left out stays, an attribute goes with '' of the one, null of the other. */
function merged(before: Thing, body: Thing, kind: string): Thing {
  const gone = kind === 'clients' ? '' : null;
  const attributes = Object.entries({ ...before.attributes, ...body.attributes }).filter(([, value]) => value !== gone);
  const flows = { ...before.authenticationFlowBindingOverrides, ...body.authenticationFlowBindingOverrides };
  const bound = Object.entries(flows).filter(([, flow]) => flow !== '');
  return {
    ...before,
    ...body,
    attributes: Object.fromEntries(attributes),
    authenticationFlowBindingOverrides: Object.fromEntries(bound),
  };
}
