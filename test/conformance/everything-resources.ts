import { ResourceTemplate, type McpServer } from '@modelcontextprotocol/server';
import { PNG } from './everything-content';

/** The resource whose updates clients subscribe to. */
export const WATCHED_RESOURCE = 'test://watched-resource';

/** Resources by URI and by template, with completion of the template's variable. */
export function registerResources(server: McpServer): void {
  registerText(server, 'static-text', 'test://static-text', 'This is the content of the static text resource.');
  registerText(server, 'watched-resource', WATCHED_RESOURCE, 'This resource is updated at times.');
  server.registerResource(
    'static-binary',
    'test://static-binary',
    { description: 'One red pixel.', mimeType: 'image/png' },
    ({ href }) => ({ contents: [{ uri: href, mimeType: 'image/png', blob: PNG }] }),
  );
  server.registerResource(
    'template',
    new ResourceTemplate('test://template/{id}/data', {
      list: undefined,
      complete: { id: (value) => ['123', '124', '200'].filter((id) => id.startsWith(value)) },
    }),
    { description: 'Data of an id.', mimeType: 'application/json' },
    ({ href }, { id }) => {
      const data = { id, templateTest: true, data: `Data for ID: ${String(id)}` };
      return { contents: [{ uri: href, mimeType: 'application/json', text: JSON.stringify(data) }] };
    },
  );
}

function registerText(server: McpServer, name: string, uri: string, content: string): void {
  server.registerResource(name, uri, { description: content, mimeType: 'text/plain' }, () => ({
    contents: [{ uri, mimeType: 'text/plain', text: content }],
  }));
}
