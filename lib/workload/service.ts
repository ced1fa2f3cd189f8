import { selectorLabels, type Runtime } from './labels';
import { RUNTIME_PORT } from './names';

/** The spec of a workload's Service. @param headless whether its name resolves to the pods themselves */
export function serviceSpec(runtime: Runtime, name: string, headless: boolean) {
  return {
    type: 'ClusterIP',
    clusterIP: headless ? 'None' : undefined,
    selector: selectorLabels(runtime, name),
    ports: [{ name: 'http', port: RUNTIME_PORT, targetPort: 'http', protocol: 'TCP' }],
  };
}
