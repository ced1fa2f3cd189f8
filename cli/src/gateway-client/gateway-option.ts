import { Option } from 'commander';

/** `--gateway`: where a command finds the gateway. */
export function gatewayOption(): Option {
  return new Option('--gateway <url>', 'URL of the gateway').env('AGENTYARD_GATEWAY').default('http://127.0.0.1:8080');
}
