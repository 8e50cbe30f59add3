export {
  codePoints,
  compileExpression,
  type Expression,
  findMatch,
  findMatches,
  type Match,
} from "./match.ts";
