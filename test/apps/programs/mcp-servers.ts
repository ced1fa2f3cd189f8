import { Chart } from 'cdk8s';
import {
  App,
  ClientFeature,
  ClusterProfile,
  ForeignNames,
  McpServer,
  Peer,
  PlatformNamespace,
  Port,
  Role,
} from 'agentyard';
import { Greeter } from './greeter';

/** A gateway in front of MCP servers of others: at a URL, in the cluster, and deployed from an image. */
const app = new App({ id: 'mcp-servers', cluster: ClusterProfile.k3s() });
const chart = new Chart(app, 'mcp', { namespace: 'mcp' });
new PlatformNamespace(chart, 'namespace');
const [clerk, cook] = [Role.fromRoleName('clerk'), Role.fromRoleName('cook')];

const github = McpServer.fromUrl(chart, 'github', {
  url: 'https://api.githubcopilot.com/mcp/',
  toolRoles: { search_code: [Role.anyCaller()], delete_file: [] },
  otherToolRoles: [clerk],
  mayAsk: [ClientFeature.ELICITATION],
});

const hubspot = McpServer.fromService(chart, 'hubspot', {
  host: 'hubspot-pods.crm.svc',
  servedBy: Peer.pods({ namespace: 'crm', podLabels: { app: 'hubspot' } }),
  port: 8000,
  headless: true,
  otherToolRoles: [clerk],
});

const recipes = new McpServer(chart, 'recipes', {
  image: 'registry.example.com/recipes-mcp:1.2.0',
  port: 8000,
  healthPath: '/health',
  honoursProxy: true,
  otherToolRoles: [cook],
  resourceRoles: [cook, clerk],
});
recipes.connections.allowTo(Peer.host('recipes.example.com'), Port.tcp(443));

new Greeter(app, {
  gateway: { mcpServers: [github, hubspot, recipes], foreignNames: ForeignNames.PREFIXED },
});
app.synth();
