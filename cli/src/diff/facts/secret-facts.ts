import type { FactSheet, Owner } from '../fact.js';
import { Facts } from './facts.js';
import { fieldsOf, listOf, type PodSpec } from './pod-spec.js';

/** The Secrets that pods are given. */
export function secretFacts(owner: Owner, spec: PodSpec): FactSheet {
  const facts = new Facts(owner, 'pod');
  for (const { env, envFrom } of spec.containers) {
    for (const { secretRef } of envFrom) if (secretRef !== undefined) addSecret(facts, fieldsOf(secretRef).name);
    for (const { valueFrom } of env) {
      const { secretKeyRef } = fieldsOf(valueFrom);
      if (secretKeyRef !== undefined) addSecret(facts, fieldsOf(secretKeyRef).name, String(fieldsOf(secretKeyRef).key));
    }
  }
  for (const volume of spec.volumes) {
    if (volume.secret !== undefined) {
      const { secretName, items } = fieldsOf(volume.secret);
      addItems(facts, secretName, items);
    }
    for (const { secret } of listOf(fieldsOf(volume.projected).sources)) {
      if (secret !== undefined) addItems(facts, fieldsOf(secret).name, fieldsOf(secret).items);
    }
  }
  const pulled = listOf(spec.imagePullSecrets).map(({ name }) => String(name));
  facts.setting('secrets', 'imagePullSecrets', 'Secrets that images are pulled with', pulled.join(', ') || undefined);
  return facts;
}

function addItems(facts: Facts, secret: unknown, items: unknown): void {
  if (items === undefined) addSecret(facts, secret);
  else for (const { key } of listOf(items)) addSecret(facts, secret, String(key));
}

function addSecret(facts: Facts, secret: unknown, key?: string): void {
  const name = String(secret);
  const all = `Secret ${name}`;
  if (key === undefined) facts.grant('secrets', all, `reads ${all}`);
  else facts.grant('secrets', `${all} key ${key}`, `reads key ${key} of ${all}`, [all]);
}
