// The OpenAPI document that a running Sluice serves, and whether an answer is as it says: status, content type, and the JSON against
// the schema, in which nothing may stand that the schema does not have.

import Ajv, { type ValidateFunction } from "ajv/dist/2020.js";

interface Described {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: object }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: object;
}

export class ApiDocument {
  readonly operations: ReadonlyMap<
    string,
    { readonly method: string; readonly path: string; readonly told: Described }
  >;
  readonly #ajv = new Ajv({ strict: false, allErrors: true });
  readonly #components: object;
  readonly #compiled = new Map<object, ValidateFunction>();

  constructor(document: Document) {
    this.#ajv.addFormat(
      "date-time",
      (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(text) && !Number.isNaN(Date.parse(text)),
    );
    this.#components = closed(document.components) as object;
    this.operations = new Map(
      Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(
          ([method, told]) => [told.operationId, { method: method.toUpperCase(), path, told }] as const,
        ),
      ),
    );
  }

  /** What is wrong with an answer, each in a line; none: it is as the document says. */
  async problemsOf(id: string, response: Response): Promise<string[]> {
    const told = this.operations.get(id)?.told.responses[response.status];
    if (told === undefined)
      return [`${id} answers ${response.status}, which is not described: ${await response.text()}`];
    const type = response.headers.get("content-type");
    if (told.content === undefined) return type === null ? [] : [`${id} answers with a body of ${type}`];
    const content = type === null ? undefined : told.content[type];
    if (type === null || content === undefined)
      return [`${id} answers with ${type}, not ${Object.keys(told.content).join(" or ")}`];
    if (type !== "application/json" || content.schema === undefined) {
      // A stream would never end.
      if (type.startsWith("text/event-stream")) await response.body?.cancel();
      return [];
    }
    const validate = this.#compiled.get(content.schema) ?? this.#compile(content.schema);
    const body: unknown = await response.json();
    if (validate(body)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) =>
        `${id} ${response.status}: ${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  #compile(schema: object): ValidateFunction {
    const validate = this.#ajv.compile({ ...(closed(schema) as object), components: this.#components });
    this.#compiled.set(schema, validate);
    return validate;
  }
}

/** The document leaves objects open, for there may be more in them tomorrow; what is in them today it must have. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const told = Object.fromEntries(Object.entries(schema).map(([key, each]) => [key, closed(each)]));
  const isOpen =
    told["type"] === "object" && told["properties"] !== undefined && told["additionalProperties"] === undefined;
  return isOpen ? { ...told, additionalProperties: false } : told;
}
