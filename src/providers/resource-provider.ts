import { errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic, OperationId } from "../kernel/index.ts";

import type {
  Answer,
  ApplyAnswer,
  ApplyRequest,
  CallContext,
  ImportedObject,
  PlanAnswer,
  PlanRequest,
  Provider,
  ReadAnswer,
  ReadRequest,
  ResourceTraits,
  Schema,
  Transactional,
} from "../engine/index.ts";
import { isNull, nullValue, objectValue } from "../lang/index.ts";
import type { Value } from "../lang/index.ts";
import { decodeStored } from "./stored.ts";

/** One resource type of a provider that is built in. Values come and go without marks. */
export interface ResourceType {
  readonly schema: Schema;
  readonly traits: ResourceTraits;
  /** Looks at the configuration alone, unknown parts included. Absent: the schema says all. */
  validate?(config: Value): readonly Diagnostic[];
  /** Absent: what the state says is the truth. */
  read?(request: ReadRequest, context: CallContext): Promise<ReadAnswer>;
  plan(request: PlanRequest, context: CallContext): Promise<PlanAnswer>;
  apply(request: ApplyRequest, context: CallContext): Promise<ApplyAnswer>;
  /** Absent: objects of the type cannot be imported. */
  import?(
    id: string,
    context: CallContext,
  ): Promise<Answer & { readonly objects: readonly ImportedObject[] }>;
}

/** What a built-in provider is made of. */
export interface ResourceProviderParts {
  readonly source: string;
  readonly version: string;
  readonly types: Readonly<Record<string, ResourceType>>;
  readonly transactional?: Transactional;
  readonly close?: () => Promise<void>;
}

const NO_DIAGNOSTICS: Answer = { diagnostics: [] };
const EMPTY_BLOCK = { attributes: {}, blocks: {} };

/** A whole provider from its resource types. It takes no configuration, and has no data sources or functions. */
export function resourceProvider(parts: ResourceProviderParts): Provider {
  const typeOf = (name: string): ResourceType => {
    const type = Object.hasOwn(parts.types, name) ? parts.types[name] : undefined;
    if (type === undefined) throw new Error(`${parts.source} has no resource type ${name}`);
    return type;
  };
  const unsupported = (what: string): Diagnostic =>
    errorDiagnostic("Not supported by the provider", `The provider ${parts.source} has no ${what}.`);

  return {
    source: parts.source,
    version: parts.version,
    schema: () =>
      Promise.resolve({
        provider: { version: 0, block: EMPTY_BLOCK },
        resources: Object.fromEntries(Object.entries(parts.types).map(([name, type]) => [name, type.schema])),
        dataSources: {},
        ephemeralResources: {},
        functions: {},
      }),
    traits: (type) => typeOf(type).traits,
    validateProvider: () => Promise.resolve(NO_DIAGNOSTICS),
    validateResource: ({ type, config }) =>
      Promise.resolve({ diagnostics: typeOf(type).validate?.(config) ?? [] }),
    validateDataSource: ({ type }) => Promise.resolve({ diagnostics: [unsupported(`data source ${type}`)] }),
    validateEphemeral: ({ type }) =>
      Promise.resolve({ diagnostics: [unsupported(`ephemeral resource ${type}`)] }),
    configure: () => Promise.resolve(NO_DIAGNOSTICS),
    upgrade: ({ type, stored }) => Promise.resolve(decodeStored(stored, typeOf(type).schema)),
    read: (request, context) =>
      typeOf(request.type).read?.(request, context) ??
      Promise.resolve({ state: request.current, private: request.private, diagnostics: [] }),
    plan: (request, context) => typeOf(request.type).plan(request, context),
    apply: (request, context) => typeOf(request.type).apply(request, context),
    readData: ({ type }) =>
      Promise.resolve({ state: nullValue(), diagnostics: [unsupported(`data source ${type}`)] }),
    import: (type, id, context) =>
      typeOf(type).import?.(id, context) ??
      Promise.resolve({ objects: [], diagnostics: [unsupported(`way to import a ${type}`)] }),
    move: ({ type }, targetType) =>
      Promise.resolve({
        state: nullValue(),
        private: "",
        diagnostics: [unsupported(`way to move a ${type} to ${targetType}`)],
      }),
    find: (_type: string, _operation: OperationId) => Promise.resolve({ objects: [], diagnostics: [] }),
    callFunction: (name) =>
      Promise.resolve({ result: nullValue(), diagnostics: [unsupported(`function ${name}`)] }),
    openEphemeral: ({ type }) =>
      Promise.resolve({ diagnostics: [unsupported(`ephemeral resource ${type}`)] }),
    renewEphemeral: (type) => Promise.resolve({ diagnostics: [unsupported(`ephemeral resource ${type}`)] }),
    closeEphemeral: () => Promise.resolve(NO_DIAGNOSTICS),
    stop: () => Promise.resolve(),
    close: () => parts.close?.() ?? Promise.resolve(),
    ...(parts.transactional === undefined ? {} : { transactional: parts.transactional }),
  };
}

/** The object with some of its attributes replaced. */
export function withAttributes(object: Value, changes: Readonly<Record<string, Value>>): Value {
  return objectValue({ ...attributesOf(object), ...changes });
}

/** The attributes of a known object by name. */
export function attributesOf(object: Value): Record<string, Value> {
  if (typeof object !== "object" || !("kind" in object) || object.kind !== "object") {
    throw new TypeError("an object was expected");
  }
  const { keys, items } = object;
  return Object.fromEntries(
    keys.flatMap((key, index) => {
      const item = items[index];
      return item === undefined ? [] : [[key, item] as const];
    }),
  );
}

/** One attribute of a known object; the null where there is none, or no object. */
export function attribute(object: Value, name: string): Value {
  return isNull(object) ? nullValue() : (attributesOf(object)[name] ?? nullValue());
}

/** The text of an attribute; undefined where it is null, unknown or no text. */
export function textOf(object: Value, name: string): string | undefined {
  const value = attribute(object, name);
  return typeof value === "string" ? value : undefined;
}
