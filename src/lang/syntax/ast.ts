import type { Value } from "../values/index.ts";
import type { Source } from "./source.ts";

/** A half-open range of code units of a source. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What was parsed, and from where. */
export interface SyntaxNode extends Span {
  readonly source: Source;
}

/** One step of a traversal: `.name`, or `[key]` (also `.0`) with a key that is a literal. */
export type Step =
  | (Span & { readonly kind: "attribute"; readonly name: string })
  | (Span & { readonly kind: "index"; readonly key: Value });

/** A number, a bool, null, or the literal text of a template. */
export interface LiteralExpression extends SyntaxNode {
  readonly kind: "literal";
  readonly value: Value;
}

/** What stands where the syntax was broken. Evaluates to an unknown value without a further error. */
export interface MissingExpression extends SyntaxNode {
  readonly kind: "missing";
}

/** A root name and what follows it as far as it is static: `var.a["b"].c`. */
export interface VariableExpression extends SyntaxNode {
  readonly kind: "variable";
  readonly name: string;
  /** Where the root name ends. */
  readonly nameEnd: number;
  readonly steps: readonly Step[];
}

/** Static steps into any other expression: `f(x).a[0]`. */
export interface TraversalExpression extends SyntaxNode {
  readonly kind: "traversal";
  readonly from: Expression;
  readonly steps: readonly Step[];
}

/** An index whose key must be evaluated. */
export interface IndexExpression extends SyntaxNode {
  readonly kind: "index";
  readonly collection: Expression;
  readonly key: Expression;
  /** Offset of the opening bracket; the closing one ends the expression. */
  readonly bracket: number;
}

/** `from[*]` or `from.*`, with what is done to each element. */
export interface SplatExpression extends SyntaxNode {
  readonly kind: "splat";
  readonly from: Expression;
  readonly each: Expression;
  /** The `[*]` or `.*`. */
  readonly marker: Span;
}

/** The element itself, at the root of a splat's `each`. */
export interface SplatItem extends SyntaxNode {
  readonly kind: "item";
}

/** A call; a name with a namespace is written with `::`. */
export interface CallExpression extends SyntaxNode {
  readonly kind: "call";
  readonly name: string;
  readonly nameEnd: number;
  /** Where the opening parenthesis ends. */
  readonly openEnd: number;
  /** Where the closing parenthesis begins. */
  readonly closeStart: number;
  readonly arguments: readonly Expression[];
  /** Whether the last argument is followed by `...`. */
  readonly expand: boolean;
}

/** `condition ? yes : no`, also as a template's `%{ if }`. */
export interface ConditionalExpression extends SyntaxNode {
  readonly kind: "conditional";
  readonly condition: Expression;
  readonly yes: Expression;
  readonly no: Expression;
}

export type BinaryOperator =
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export interface BinaryExpression extends SyntaxNode {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface UnaryExpression extends SyntaxNode {
  readonly kind: "unary";
  readonly operator: "-" | "!";
  readonly operand: Expression;
}

export interface ParenthesesExpression extends SyntaxNode {
  readonly kind: "parentheses";
  readonly inner: Expression;
}

/** `[a, b]` */
export interface TupleExpression extends SyntaxNode {
  readonly kind: "tuple";
  readonly items: readonly Expression[];
}

export interface ObjectItem {
  readonly key: Expression;
  /** Whether the key began with a parenthesis, so that a bare name in it is a reference. */
  readonly evaluated: boolean;
  readonly value: Expression;
}

/** `{a = b}` */
export interface ObjectExpression extends SyntaxNode {
  readonly kind: "object";
  readonly items: readonly ObjectItem[];
}

/** `[for k, v in c : v if x]`, `{for k, v in c : k => v...}`, also a template's `%{ for }`. */
export interface ForExpression extends SyntaxNode {
  readonly kind: "for";
  /** Absent where only the value has a name. */
  readonly keyName: string | undefined;
  readonly valueName: string;
  readonly collection: Expression;
  /** Present exactly where the result is an object. */
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly condition: Expression | undefined;
  readonly group: boolean;
  /** Where the opening bracket ends. */
  readonly openEnd: number;
}

/** Parts that are joined to a string. */
export interface TemplateExpression extends SyntaxNode {
  readonly kind: "template";
  readonly parts: readonly Expression[];
}

/** `"${inner}"`: the value of `inner` as it is. */
export interface WrapExpression extends SyntaxNode {
  readonly kind: "wrap";
  readonly inner: Expression;
}

/** The results of a template's `%{ for }`, joined. */
export interface JoinExpression extends SyntaxNode {
  readonly kind: "join";
  readonly loop: ForExpression;
}

export type Expression =
  | LiteralExpression
  | MissingExpression
  | VariableExpression
  | TraversalExpression
  | IndexExpression
  | SplatExpression
  | SplatItem
  | CallExpression
  | ConditionalExpression
  | BinaryExpression
  | UnaryExpression
  | ParenthesesExpression
  | TupleExpression
  | ObjectExpression
  | ForExpression
  | TemplateExpression
  | WrapExpression
  | JoinExpression;

/** `name = expression` */
export interface Attribute extends SyntaxNode {
  readonly kind: "attribute";
  readonly name: string;
  /** Where the name ends; it begins where the attribute does. */
  readonly nameEnd: number;
  readonly expression: Expression;
}

export interface BlockLabel extends Span {
  readonly text: string;
}

/** `type "label" { body }` */
export interface Block extends SyntaxNode {
  readonly kind: "block";
  readonly type: string;
  readonly typeEnd: number;
  readonly labels: readonly BlockLabel[];
  readonly body: Body;
  /** Offset of the `{`; where that is missing, of what was found instead. */
  readonly openBrace: number;
}

/** Attributes by name and blocks in source order. Spans the braces, or the file. */
export interface Body extends SyntaxNode {
  readonly kind: "body";
  /** In source order. */
  readonly attributes: ReadonlyMap<string, Attribute>;
  readonly blocks: readonly Block[];
}

/** One parsed file. */
export interface File {
  readonly source: Source;
  readonly body: Body;
}
