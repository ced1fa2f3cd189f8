import type { Labels } from './labels';
import type { ManifestReader } from './manifest-reader';
import { allOf, type Match } from './match';

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

type Known = Readonly<Record<string, string>>;
type Pair = [key: string, value: string];

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

const OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** A label selector of Kubernetes: all of its requirements must hold, and an empty one selects everything. */
export class LabelSelector {
  public static readonly everything = new LabelSelector([]);

  /** @param spell how a key of the selector is spelled among the labels */
  public static read(reader: ManifestReader, spell: (key: string) => string = (key) => key): LabelSelector {
    reader.only('matchLabels', 'matchExpressions');
    const labels = Object.entries(reader.texts('matchLabels')).map(([key, value]): Requirement => ({
      key: spell(key),
      operator: 'In',
      values: [value],
    }));
    return new LabelSelector([...labels, ...reader.items('matchExpressions').map((item) => expression(item, spell))]);
  }

  /** The selector of a Service, or the labels that pods are known to have. */
  public static ofLabels(labels: Known): LabelSelector {
    return new LabelSelector(Object.entries(labels).map(([key, value]) => ({ key, operator: 'In', values: [value] })));
  }

  private constructor(private readonly requirements: readonly Requirement[]) {}

  public get isEmpty(): boolean {
    return this.requirements.length === 0;
  }

  /** Keys that it speaks of. */
  public get keys(): string[] {
    return this.requirements.map(({ key }) => key);
  }

  /** Labels that everything selected has. */
  public get pairs(): Pair[] {
    return this.requirements.flatMap(({ key, operator, values }): Pair[] =>
      operator === 'In' && values.length === 1 ? [[key, values[0] ?? '']] : [],
    );
  }

  /** This selector with a further label required. */
  public and(key: string, value: string): LabelSelector {
    return new LabelSelector([...this.requirements, { key, operator: 'In', values: [value] }]);
  }

  /** This selector with nothing said of a label. */
  public without(key: string): LabelSelector {
    return new LabelSelector(this.requirements.filter((requirement) => requirement.key !== key));
  }

  /** Values of a label that it names. */
  public valuesOf(key: string): string[] {
    return this.requirements.flatMap((requirement) => (requirement.key === key ? requirement.values : []));
  }

  /** What it selects beyond pods that have all labels of one of some sets; nothing if all have. */
  public beyond(sets: readonly Known[]): LabelSelector | undefined {
    const isWithin = ({ pairs }: LabelSelector) => sets.some((set) => hasAll(pairs, set));
    if (isWithin(this)) return undefined;
    const rest = this.requirements.map(({ key, operator, values }): Requirement => {
      const left = values.filter((value) => operator !== 'In' || !isWithin(this.and(key, value)));
      return { key, operator, values: left };
    });
    const isEmpty = rest.some(({ operator, values }) => operator === 'In' && values.length === 0);
    return isEmpty ? undefined : new LabelSelector(rest);
  }

  public match(labels: Labels): Match {
    return allOf(this.requirements, (requirement) => matchOne(requirement, labels));
  }

  public toString(): string {
    return this.requirements.map(spelled).join(', ');
  }
}

function expression(reader: ManifestReader, spell: (key: string) => string): Requirement {
  reader.only('key', 'operator', 'values');
  const operator = reader.text('operator') ?? '';
  if (!OPERATORS.includes(operator)) throw reader.fault('operator', `is "${operator}", which is no operator`);
  const values = reader.strings('values');
  const needsValues = operator === 'In' || operator === 'NotIn';
  if (needsValues !== values.length > 0) throw reader.fault('values', `does not go with the operator ${operator}`);
  return { key: spell(reader.text('key') ?? ''), operator: operator as Operator, values };
}

/** No labels at all are those of nobody. */
function hasAll(pairs: readonly Pair[], set: Known): boolean {
  const needed = Object.entries(set);
  return needed.length > 0 && needed.every(([key, value]) => pairs.some(([one, its]) => one === key && its === value));
}

function matchOne({ key, operator, values }: Requirement, labels: Labels): Match {
  if (!labels.knows(key)) return 'maybe';
  const value = labels.value(key);
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value) ? 'yes' : 'no';
    case 'NotIn':
      return value === undefined || !values.includes(value) ? 'yes' : 'no';
    case 'Exists':
      return value !== undefined ? 'yes' : 'no';
    case 'DoesNotExist':
      return value === undefined ? 'yes' : 'no';
  }
}

function spelled({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'In':
      return values.length === 1 ? `${key}=${values[0]}` : `${key} in (${values.join(', ')})`;
    case 'NotIn':
      return `${key} not in (${values.join(', ')})`;
    case 'Exists':
      return `with ${key}`;
    case 'DoesNotExist':
      return `without ${key}`;
  }
}
