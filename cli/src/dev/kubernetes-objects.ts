import { z } from 'zod';

/** What is read of Kubernetes objects. Other members are kept, and not looked at. */
const metadata = z.looseObject({
  name: z.string().min(1),
  namespace: z.string().min(1).default('default'),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

/** Any object. */
export const kubernetesObject = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata });

const keyReference = z.looseObject({ name: z.string(), key: z.string(), optional: z.boolean().default(false) });
const objectReference = z.looseObject({ name: z.string(), optional: z.boolean().default(false) });

const environmentEntry = z.looseObject({
  name: z.string().min(1),
  value: z.string().optional(),
  valueFrom: z
    .looseObject({
      secretKeyRef: keyReference.optional(),
      configMapKeyRef: keyReference.optional(),
      fieldRef: z.looseObject({ fieldPath: z.string() }).optional(),
    })
    .optional(),
});

const environmentSource = z.looseObject({
  prefix: z.string().default(''),
  secretRef: objectReference.optional(),
  configMapRef: objectReference.optional(),
});

const volumeMount = z.looseObject({
  name: z.string(),
  mountPath: z.string().regex(/^\//, 'must be an absolute path'),
  subPath: z.string().optional(),
});

const containerPort = z.looseObject({ name: z.string().optional(), containerPort: z.int() });

const container = z.looseObject({
  name: z.string(),
  env: z.array(environmentEntry).default([]),
  envFrom: z.array(environmentSource).default([]),
  volumeMounts: z.array(volumeMount).default([]),
  ports: z.array(containerPort).default([]),
});

/** A container that runs first; what it does is not done here. */
const initContainer = z.looseObject({ image: z.string().optional(), volumeMounts: z.array(volumeMount).default([]) });

const items = z
  .array(
    z.looseObject({
      key: z.string(),
      path: z
        .string()
        .min(1)
        .refine(
          (path) => !path.startsWith('/') && !path.split('/').includes('..'),
          'must be a relative path without ".."',
        ),
    }),
  )
  .optional();

const projection = { items, optional: z.boolean().default(false) };

const volume = z.looseObject({
  name: z.string(),
  configMap: z.looseObject({ name: z.string(), ...projection }).optional(),
  secret: z.looseObject({ secretName: z.string(), ...projection }).optional(),
  emptyDir: z.looseObject({}).nullish(),
  image: z.looseObject({ reference: z.string().optional() }).optional(),
  projected: z
    .looseObject({
      sources: z.array(
        z.looseObject({
          configMap: z.looseObject({ name: z.string(), ...projection }).optional(),
          secret: z.looseObject({ name: z.string(), ...projection }).optional(),
          serviceAccountToken: z.looseObject({ audience: z.string().optional(), path: z.string() }).optional(),
        }),
      ),
    })
    .optional(),
});

const podTemplate = z.looseObject({
  metadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).default({}),
      annotations: z.record(z.string(), z.string()).default({}),
    })
    .prefault({}),
  spec: z.looseObject({
    containers: z.array(container).min(1),
    initContainers: z.array(initContainer).optional(),
    volumes: z.array(volume).default([]),
    serviceAccountName: z.string().default('default'),
  }),
});

/** `apps/v1` Deployment. */
export const deployment = z.looseObject({
  kind: z.literal('Deployment'),
  metadata,
  spec: z.looseObject({ replicas: z.int().min(0).optional(), template: podTemplate }),
});

/** `v1` Service. */
export const service = z.looseObject({
  kind: z.literal('Service'),
  metadata,
  spec: z.looseObject({
    type: z.string().default('ClusterIP'),
    clusterIP: z.string().optional(),
    publishNotReadyAddresses: z.boolean().default(false),
    selector: z.record(z.string(), z.string()).default({}),
    ports: z.array(z.looseObject({ port: z.int(), targetPort: z.union([z.int(), z.string()]).optional() })).default([]),
  }),
});

/** `v1` ConfigMap. */
export const configMap = z.looseObject({
  kind: z.literal('ConfigMap'),
  metadata,
  data: z.record(z.string(), z.string()).default({}),
  binaryData: z.record(z.string(), z.base64()).default({}),
});

/** `v1` Secret. */
export const secret = z.looseObject({
  kind: z.literal('Secret'),
  metadata,
  data: z.record(z.string(), z.base64()).default({}),
  stringData: z.record(z.string(), z.string()).default({}),
});

export type KubernetesObject = z.output<typeof kubernetesObject>;
export type Deployment = z.output<typeof deployment>;
export type PodTemplate = z.output<typeof podTemplate>;
export type Container = z.output<typeof container>;
export type ContainerPort = z.output<typeof containerPort>;
export type Volume = z.output<typeof volume>;
export type Service = z.output<typeof service>;
export type ConfigMap = z.output<typeof configMap>;
export type Secret = z.output<typeof secret>;
export type KeyItems = z.output<typeof items>;
