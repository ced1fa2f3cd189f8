import type { EgressProxyDocumentInput } from 'agentyard/contract';
import type { KubernetesObject } from 'agentyard/reachability';
import { proxiedObjects, type ProxiedProgram } from '../../reachability/random-proxied-program';
import { exitRules } from './exit-policy';

export type AllowList = EgressProxyDocumentInput['allowLists'][number];

/** An egress proxy that was synthesized. */
export interface SynthesizedProxy {
  /** As `StatefulSet namespace/name`. */
  readonly title: string;
  readonly document: EgressProxyDocumentInput;
}

/** What a program with egress proxies was synthesized to. */
export class ProxiedPlatform {
  public readonly proxies: readonly SynthesizedProxy[];

  public constructor(
    public readonly program: ProxiedProgram,
    public readonly objects: readonly KubernetesObject[] = proxiedObjects(program),
  ) {
    this.proxies = this.objects.flatMap(({ data }) => {
      const text = (data as Record<string, string> | undefined)?.['egress-proxy.json'];
      if (text === undefined) return [];
      const document = JSON.parse(text) as EgressProxyDocumentInput;
      return [{ title: `StatefulSet ${document.namespace}/${document.name}`, document }];
    });
  }

  public get lists(): AllowList[] {
    return this.proxies.flatMap(({ document }) => document.allowLists);
  }

  /** The parent of its proxies. */
  public get parent(): EgressProxyDocumentInput['parent'] {
    return this.proxies[0]?.document.parent;
  }

  /** What those who share a Squid must have in common: its parent, or the kinds of addresses that it gets out to. */
  public get kind(): string {
    const { ipFamily = 'IPv4' } = this.program.cluster;
    return JSON.stringify(this.parent ?? (this.proxies.length === 0 ? 'IPv4' : ipFamily));
  }

  /** Where the policies of its proxies let them out to, in the words of nft. */
  public get exits(): string[] {
    return this.proxies.flatMap(({ document: { name, namespace } }) => {
      const set = this.objects.find(
        ({ kind, metadata }) => kind === 'StatefulSet' && metadata?.name === name && metadata.namespace === namespace,
      );
      const { template } = set?.spec as { template: { metadata: { labels: Record<string, string> } } };
      return exitRules(this.objects, namespace, template.metadata.labels);
    });
  }
}
