import type { IConfigMap } from 'cdk8s-plus-29';
import { checkedLabel } from '../lib/workload/names';
import { VolumeSource } from './volume-source';

/** Data that the tools of a toolset may read, and never write. */
export class DataSource {
  /**
   * A volume.
   *
   * @param name name under which tools find it, a DNS label
   * @param source what stands behind it
   */
  public static volume(name: string, source: VolumeSource): DataSource {
    return new DataSource(name, source);
  }

  /**
   * The entries of a ConfigMap as files.
   *
   * @param name name under which tools find it, a DNS label
   * @param configMap the ConfigMap, in the toolset's namespace
   */
  public static configMap(name: string, configMap: IConfigMap): DataSource {
    return new DataSource(name, VolumeSource.configMap(configMap));
  }

  /** Name under which tools find it. */
  public readonly name: string;
  /** @internal */
  public readonly _source: VolumeSource;

  private constructor(name: string, source: VolumeSource) {
    this.name = checkedLabel('DataSource', name, 50);
    this._source = source;
  }
}
