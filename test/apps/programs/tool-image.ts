import { App, ClusterProfile, ToolSource } from 'agentyard';
import { Greeter } from './greeter';

const app = new App({
  id: 'tool-image',
  cluster: ClusterProfile.k3s({ imagePullSecretNames: ['registry-credentials'] }),
});

new Greeter(app, {
  tools: {
    source: ToolSource.fromImage(`registry.example.com/teams/greetings@sha256:${'5e'.repeat(32)}`, {
      directory: '/opt/greetings',
      entryModule: 'index.mjs',
      tools: [
        {
          name: 'greet',
          description: 'Greets a person by name.',
          inputSchema: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
        },
        { name: 'part', description: 'Says goodbye.', inputSchema: { type: 'object' } },
      ],
    }),
  },
});

app.synth();
