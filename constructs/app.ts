import * as cdk8s from 'cdk8s';
import { AppSynthesizer } from '../lib/synth/app-synthesizer';
import { chartsAsDeclared, OrderedApp } from '../lib/synth/ordered-app';
import { AppId } from './app-id';
import type { ClusterProfile } from './cluster-profile';

/** Properties of an app. */
export interface AppProps extends cdk8s.AppProps {
  /**
   * Id of the app, a DNS label that no other app of the cluster has. Objects of this library carry it as a label.
   * @default - none: an app with constructs of this library fails synth
   */
  readonly id?: string;
  /**
   * The cluster that it is synthesized for.
   * @default ClusterProfile.generic()
   */
  readonly cluster?: ClusterProfile;
  /**
   * Whether `synth` writes CustomResourceDefinitions into the folder `crds` of the output directory and all else into
   * `platform`, so that they can be applied first.
   * @default false - one folder, as cdk8s has it
   */
  readonly separateCrds?: boolean;
}

/**
 * An app of cdk8s whose synthesis takes time in proportion to its content. It takes the place of cdk8s's own App in
 * any program: same props, same files, same order, same content.
 */
export class App extends cdk8s.App {
  private readonly recordsMetadata: boolean;
  private readonly separateCrds: boolean;
  private synthesized = false;

  public constructor(props: AppProps = {}) {
    super(props);
    if (props.id !== undefined) AppId.of(props.id).applyTo(this);
    props.cluster?.applyTo(this);
    this.separateCrds = props.separateCrds ?? false;
    this.recordsMetadata = props.recordConstructMetadata ?? process.env.CDK8S_RECORD_CONSTRUCT_METADATA === 'true';
  }

  /** All charts, those that others depend on first. What objects imply for their charts counts from synthesis on. */
  public override get charts(): cdk8s.Chart[] {
    return this.synthesized ? [...new OrderedApp(this).charts] : chartsAsDeclared(this);
  }

  /** Writes the manifests into the output directory. */
  public override synth(): void {
    const synthesizer = new AppSynthesizer(this);
    synthesizer.writeFiles(this.separateCrds);
    if (this.recordsMetadata) synthesizer.writeConstructMetadata();
    this.synthesized = true;
  }

  /** The manifests of all charts as one string of YAML documents. */
  public override synthYaml(): string {
    const yaml = new AppSynthesizer(this).yaml();
    this.synthesized = true;
    return yaml;
  }
}
