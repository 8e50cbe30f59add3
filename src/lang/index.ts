export {
  type BodyContent,
  content,
  justAttributes,
  type PartialContent,
  partialContent,
} from "./body/content.ts";
export type { AttributeSchema, BlockSchema, BodySchema } from "./body/schema.ts";
export { evaluate } from "./evaluation/evaluate.ts";
export { attachSnippet, languageError, type LanguageErrorOptions } from "./evaluation/language-error.ts";
export { EMPTY_SCOPE, type FunctionTable, type Scope } from "./evaluation/scope.ts";
export { type TypeConstraint, typeConstraint } from "./evaluation/type-constraint.ts";
export * from "./functions/index.ts";
export type * from "./syntax/ast.ts";
export { parseExpression, parseFile, parseTemplate } from "./syntax/parse.ts";
export { Source } from "./syntax/source.ts";
export {
  attributeNameRange,
  blockHeaderRange,
  blockTypeRange,
  rangeOf,
  rangeOfSpan,
} from "./syntax/spans.ts";
export {
  keyword,
  literalKey,
  references,
  staticCall,
  staticList,
  staticMap,
  staticText,
  staticTraversal,
  type Traversal,
} from "./syntax/static.ts";
export { nearestName } from "./text/nearest-name.ts";
export * from "./values/index.ts";
