import type { Type } from "../lang/index.ts";

/** Where an attribute's value comes from. */
export type AttributeUse = "required" | "optional" | "computed" | "optional_computed";

export interface AttributeSchema {
  readonly type: Type;
  readonly use: AttributeUse;
  readonly sensitive?: boolean;
  /** In no plan and no state; only the configuration has it. */
  readonly writeOnly?: boolean;
  readonly deprecated?: boolean;
  readonly description?: string;
}

export type BlockNesting = "single" | "group" | "list" | "set" | "map";

export interface NestedBlockSchema {
  readonly nesting: BlockNesting;
  readonly block: BlockSchema;
  readonly minItems?: number;
  /** 0 or absent: no limit. */
  readonly maxItems?: number;
}

export interface BlockSchema {
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly blocks: Readonly<Record<string, NestedBlockSchema>>;
  readonly description?: string;
}

/** The schema of one resource type, data source, ephemeral resource or provider configuration. */
export interface Schema {
  /** Raised when stored values of an older form need an upgrade. */
  readonly version: number;
  readonly block: BlockSchema;
}

export interface FunctionSignature {
  readonly parameters: readonly { readonly name: string; readonly type: Type; readonly allowNull: boolean }[];
  readonly variadic?: { readonly name: string; readonly type: Type; readonly allowNull: boolean };
  readonly result: Type;
  readonly description?: string;
}

export interface ProviderSchema {
  readonly provider: Schema;
  readonly resources: Readonly<Record<string, Schema>>;
  readonly dataSources: Readonly<Record<string, Schema>>;
  readonly ephemeralResources: Readonly<Record<string, Schema>>;
  readonly functions: Readonly<Record<string, FunctionSignature>>;
}
