import type { InitContainer } from '../lib/workload/init-container';
import type { ServingRuntime } from '../lib/workload/labels';
import type { HealthPaths } from '../lib/workload/probes';
import type { ServicePort } from '../lib/workload/service';
import type { MountedVolume } from '../lib/workload/volumes';
import type { ProxyFinder } from './workload-egress';
import type { LateOpenings } from './workload-network';

/** The document of a runtime. */
export interface WorkloadDocument {
  readonly file: string;
  /** Its text; called when the program is complete. */
  readonly text: () => string;
  /** ConfigMap that holds it. */
  readonly configMap: string;
  /** Whether a change rolls the pods; else the runtime reloads it. */
  readonly rollsOnChange: boolean;
}

/** How the container of an image is run that is not of this library. */
export interface ForeignContainer {
  /** Port that it serves at. */
  readonly port: number;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly health: HealthPaths;
}

/** What a construct adds to the options of its pods. */
export interface WorkloadSpec {
  readonly runtime: ServingRuntime;
  /** What the runtime is told; absent for an image that is not of this library. */
  readonly document?: WorkloadDocument;
  /** What the image runs, where it is not of this library. */
  readonly foreign?: ForeignContainer;
  readonly graceMs: () => number;
  readonly env?: readonly Readonly<Record<string, unknown>>[];
  readonly envFrom?: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly MountedVolume[];
  /** What runs before the container that serves. */
  readonly initContainers?: readonly InitContainer[];
  /** Whether others call it by name of their ServiceAccount, so that it needs the trust bundle. */
  readonly checksCallers?: boolean;
  /** Files that roll the pods when they change, beside the document. */
  readonly mountedFiles?: Readonly<Record<string, string>>;
  /** Annotations of the ServiceAccount. */
  readonly serviceAccountAnnotations?: Readonly<Record<string, string>>;
  /** How the egress proxy of the cluster's profile is found; absent for the proxy itself. */
  readonly proxyFor?: ProxyFinder;
  /** Openings that are known only when the program is complete. */
  readonly openings?: () => LateOpenings;
  /** Whether the runtime's port speaks TLS; absent: it does not. */
  readonly servesTls?: () => boolean;
  /** Ports of the Services; absent: the one that the pods serve at. */
  readonly servicePorts?: () => ServicePort[];
  /** RuntimeClass of the pods; absent: the cluster's own. */
  readonly runtimeClassName?: string;
  /** Whether the pods call each other, at a port of their own. */
  readonly hasPeers?: boolean;
}
