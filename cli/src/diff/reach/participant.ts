import type { Workload } from 'agentyard/reachability';
import type { Owner } from '../fact.js';
import type { Subject } from './end.js';
import { PodClass } from './pod-class.js';
import { endpointOf, type Scene, type Scenes } from './scenes.js';
import { Side } from './side.js';

export type Sides = readonly [before: Side, after: Side];

/** Pods of which changes are told. */
export class Participant {
  /** The pods of a workload. @param found as it is before and after, if it is there */
  public static ofWorkload(found: readonly [Workload, ...Workload[]], { kind, place }: Owner): Participant {
    const titles = new Set(found.map(({ title }) => title));
    const pods = PodClass.ofWorkload(found);
    return new Participant(
      { place, kind, prefix: '' },
      pods,
      // By itself it is as it is told, with nothing assumed.
      (scenes, other) => (other === undefined ? scenes.asTold : scenes.where(pods, other)),
      (platform) => Side.ofWorkload(platform, titles),
    );
  }

  /** Pods that are not of the program. @param isClosed whether policies that are not among the manifests close them */
  public static ofOthers(pods: PodClass, isClosed: boolean): Participant {
    const prefix = `${pods.text('other ')}${isClosed ? ', where another policy closes them' : ''}: `;
    return new Participant(
      { place: pods.namespace ?? 'cluster', kind: prefix, prefix },
      pods,
      (scenes, other) => scenes.where(pods, ...(other === undefined ? [] : [other])),
      (platform) => new Side(platform, endpointOf(pods, isClosed)),
    );
  }

  private constructor(
    /** As whom changes are told. */
    public readonly subject: Omit<Subject, 'direction'>,
    public readonly pods: PodClass,
    private readonly scene: (scenes: Scenes, other?: PodClass) => Scene | undefined,
    private readonly side: (platform: Scene['before']) => Side,
  ) {}

  /** Before and after a change, where other pods can be looked at, too; nothing if there is no such place. */
  public sides(scenes: Scenes, other?: PodClass): Sides | undefined {
    const scene = this.scene(scenes, other);
    return scene && [this.side(scene.before), this.side(scene.after)];
  }
}
