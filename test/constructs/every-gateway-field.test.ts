import { publishedSchemas } from 'agentyard/contract';
import { everyGatewayField } from './every-gateway-field';
import { silenceWarnings } from './silence-warnings';

silenceWarnings();

/** The parts of a JSON Schema that a document's fields follow from. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly default?: unknown;
}

/** Fields that no value, or only the usual one, was given for in any of the documents. */
function unset(schema: Schema, values: readonly unknown[], place: string): string[] {
  const { properties, items, oneOf } = schema;
  const given = values.filter((value) => value !== undefined);
  if (oneOf !== undefined) {
    return oneOf.flatMap((variant) => {
      const [name, tag] = Object.entries(variant.properties ?? {}).find(([, member]) => 'const' in member) ?? [];
      const own = given.filter((value) => (value as Record<string, unknown>)[name ?? ''] === tag?.const);
      return unset(variant, own, `${place}[${name}=${String(tag?.const)}]`);
    });
  }
  if (properties !== undefined) {
    if (given.length === 0) return [place];
    return Object.entries(properties).flatMap(([name, member]) =>
      unset(
        member,
        given.map((value) => (value as Record<string, unknown>)[name]),
        `${place}.${name}`,
      ),
    );
  }
  if (items?.properties !== undefined || items?.oneOf !== undefined) return unset(items, given.flat(), `${place}[]`);
  const usual = JSON.stringify(schema.default);
  return given.some((value) => JSON.stringify(value) !== usual) ? [] : [place];
}

it('every field of a gateway’s document can be set by some construct', () => {
  const schema = publishedSchemas()['gateway.schema.json'] as Schema;
  expect(unset(schema, everyGatewayField(), '$')).toEqual([]);
});
