import { sendJson, type Handler, type Routes } from '@agentyard/runtime-kit';
import { modelListOf, modelOf } from 'agentyard/contract';
import type { InvokerCheck } from '../invoker-check.js';
import { refuseOtherModel } from './chat-handler.js';

const LIST = '/v1/models';

/** `GET /v1/models` and `/v1/models/<name>`: the agent, which is the only one. */
export function modelRoutes(agent: string, invokers: InvokerCheck): Routes {
  const list: Handler = async (request, response, context) => {
    await invokers.admit(request, context);
    sendJson(response, 200, modelListOf([agent]));
  };
  const one: Handler = async (request, response, context) => {
    await invokers.admit(request, context);
    refuseOtherModel(agent, request.url?.slice(LIST.length + 1));
    sendJson(response, 200, modelOf(agent));
  };
  return { [LIST]: { GET: list }, [`${LIST}/*`]: { GET: one } };
}
