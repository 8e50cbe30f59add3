import { stringValue } from "../values/index.ts";
import type { Expression, ForExpression, Span } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { placeText, type TemplatePart } from "./template-parts.ts";

/** Matches directives with their ends, and makes expressions of the parts. The last part is the end. */
export function assemble(cursor: Cursor, parts: readonly TemplatePart[]): readonly Expression[] {
  const tree = new Tree(cursor, parts);
  const expressions: Expression[] = [];
  while (!tree.ended) expressions.push(tree.next());
  return expressions;
}

const UNBALANCED = "The control directives within this template are unbalanced.";

class Tree {
  private readonly cursor: Cursor;
  private readonly parts: readonly TemplatePart[];
  private at = 0;

  constructor(cursor: Cursor, parts: readonly TemplatePart[]) {
    this.cursor = cursor;
    this.parts = parts;
  }

  get ended(): boolean {
    return this.peek().kind === "end";
  }

  private peek(): TemplatePart {
    return (
      this.parts[this.at] ?? { kind: "end", start: this.cursor.previousEnd, end: this.cursor.previousEnd }
    );
  }

  next(): Expression {
    const part = this.peek();
    this.at++;
    switch (part.kind) {
      case "text":
        return this.literal(part.text, part);
      case "interpolation":
        return part.expression;
      case "if":
        return this.nested(part, () => this.conditional(part));
      case "for":
        return this.nested(part, () => this.loop(part));
      default:
        this.cursor.problem(`Unexpected ${part.kind} directive`, UNBALANCED, part);
        return this.cursor.missing(part.start, part.end);
    }
  }

  private nested(part: Span, parse: () => Expression): Expression {
    if (!this.cursor.descend()) {
      this.at = this.parts.length;
      return this.cursor.missing(part.start, part.end);
    }
    const expression = parse();
    this.cursor.ascend();
    return expression;
  }

  private literal(text: string, { start, end }: Span): Expression {
    return { kind: "literal", source: this.cursor.source, start, end, value: stringValue(text) };
  }

  private template(parts: readonly Expression[], start: number, end: number): Expression {
    const given = parts.length > 0 ? parts : [this.literal("", { start, end: start })];
    const from = given[0]?.start ?? start;
    return { kind: "template", source: this.cursor.source, start: from, end, parts: given };
  }

  private unexpected(part: TemplatePart, detail: string): Expression {
    const summary = part.kind === "end" ? "Unexpected end of template" : `Unexpected ${part.kind} directive`;
    this.cursor.problem(summary, detail, part);
    return this.cursor.missing(part.start, part.end);
  }

  private conditional(open: Extract<TemplatePart, { kind: "if" }>): Expression {
    const place = () => placeText(this.cursor.source, open);
    const yes: Expression[] = [];
    const no: Expression[] = [];
    let current = yes;
    let middle = open.end;
    for (;;) {
      const part = this.peek();
      switch (part.kind) {
        case "end":
          return this.unexpected(
            part,
            `The if directive at ${place()} is missing its corresponding endif directive.`,
          );
        case "else":
          this.at++;
          if (current === no) {
            return this.unexpected(part, `Already in the else clause for the if started at ${place()}.`);
          }
          current = no;
          middle = part.end;
          break;
        case "endfor":
          this.at++;
          return this.unexpected(part, `Expecting an endif directive for the if started at ${place()}.`);
        case "endif":
          this.at++;
          return {
            kind: "conditional",
            source: this.cursor.source,
            start: open.start,
            end: part.end,
            condition: open.condition,
            yes: this.template(yes, open.end, current === no ? middle : part.start),
            no: this.template(no, current === no ? middle : part.start, part.start),
          };
        default:
          current.push(this.next());
      }
    }
  }

  private loop(open: Extract<TemplatePart, { kind: "for" }>): Expression {
    const place = () => placeText(this.cursor.source, open);
    const content: Expression[] = [];
    for (;;) {
      const part = this.peek();
      switch (part.kind) {
        case "end":
          return this.unexpected(
            part,
            `The for directive at ${place()} is missing its corresponding endfor directive.`,
          );
        case "else":
          this.at++;
          return this.unexpected(part, "An else clause is not expected for a for directive.");
        case "endif":
          this.at++;
          return this.unexpected(
            part,
            `Expecting an endfor directive corresponding to the for directive at ${place()}.`,
          );
        case "endfor": {
          this.at++;
          const { source } = this.cursor;
          const value = this.template(content, open.end, part.start);
          const { keyName, valueName, collection } = open;
          const loop: ForExpression = {
            kind: "for",
            source,
            start: open.start,
            end: part.end,
            keyName,
            valueName,
            collection,
            key: undefined,
            value,
            condition: undefined,
            group: false,
            openEnd: open.end,
          };
          return { kind: "join", source, start: open.start, end: part.end, loop };
        }
        default:
          content.push(this.next());
      }
    }
  }
}
