import path from 'node:path';
import { goBinary } from './go-binary';

/** The folder of a real kubectl, for PATH; built once. */
export function kubectlFolder(): string {
  return path.dirname(goBinary(path.join(__dirname, 'kubectl')));
}
