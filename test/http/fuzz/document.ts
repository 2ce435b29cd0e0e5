import { z } from 'zod';

/** As much of an OpenAPI 3.1 document as is read here. */
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface Operation {
  parameters?: { in: 'query' | 'path'; name: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema?: Schema }> };
  responses: Record<string, { content?: Record<string, { schema?: Schema }> }>;
}

/** A JSON Schema, the parts of it that the document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
}

export interface Route {
  method: string;
  /** `/api/v1/meters/{id}` */
  path: string;
  operation: Operation;
}

export function routesOf(document: Document): Route[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
}

/** The schema that a reference names. */
export function resolved(document: Document, schema: Schema): Schema {
  if (!schema.$ref) return schema;
  const name = schema.$ref.split('/').at(-1) as string;
  const found = document.components.schemas[name];
  if (!found) throw new Error(`the document has no schema ${name}`);
  return resolved(document, found);
}

/** Checks a value against a schema of the document; the faults, or null. */
export class Shapes {
  readonly #definitions: Record<string, unknown>;
  readonly #known = new Map<Schema, z.ZodType>();

  constructor(document: Document) {
    this.#definitions = local(document.components.schemas) as Record<string, unknown>;
  }

  fault(schema: Schema, value: unknown): string | null {
    const result = this.#typeOf(schema).safeParse(value);
    return result.success ? null : z.prettifyError(result.error);
  }

  #typeOf(schema: Schema): z.ZodType {
    let type = this.#known.get(schema);
    if (!type) {
      const whole = { ...(local(schema) as object), $defs: this.#definitions };
      type = z.fromJSONSchema(whole as Parameters<typeof z.fromJSONSchema>[0]);
      this.#known.set(schema, type);
    }
    return type;
  }
}

/** References as a schema that stands alone has them. */
function local(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(local);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => [
      key,
      key === '$ref' ? (v as string).replace('#/components/schemas/', '#/$defs/') : local(v),
    ]),
  );
}
