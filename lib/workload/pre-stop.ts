/** What a pod does between being told to stop and the runtime's SIGTERM: it goes on serving those who still know it. */
export interface PreStop {
  readonly seconds: number;
  /** Whether the kubelet itself can wait, as from Kubernetes 1.30 on. */
  readonly sleepAction: boolean;
}

/** The `lifecycle` of a container; absent without a delay. The command assumes no shell, only Node.js. */
export function lifecycle({ seconds, sleepAction }: PreStop) {
  if (seconds === 0) return undefined;
  if (sleepAction) return { preStop: { sleep: { seconds } } };
  return { preStop: { exec: { command: ['node', '-e', `setTimeout(() => {}, ${seconds * 1000})`] } } };
}
