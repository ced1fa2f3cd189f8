import { fileURLToPath } from 'node:url';
import { DOCUMENT_VARIABLE, DocumentFile, readLocalOverlay, runRuntime } from '@agentyard/runtime-kit';
import { egressProxyDocument } from 'agentyard/contract';
import { documentToStartFrom, startEgressProxy, WorkDirectory } from './index.js';

const work = new WorkDirectory(process.env);
const mounted = new DocumentFile(egressProxyDocument, readLocalOverlay());
const starting = await documentToStartFrom(mounted, work);
process.env[DOCUMENT_VARIABLE] = starting.path;

const serverNameCommand = [process.execPath, fileURLToPath(new URL('./server-name.mjs', import.meta.url))];

await runRuntime('egress-proxy', egressProxyDocument, (context) =>
  startEgressProxy(context, mounted, work, starting, serverNameCommand),
);
