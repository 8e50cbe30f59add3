import { describe, expect, test } from "vitest";
import { type LexerMode, tokenize } from "./lexer.ts";
import { Source } from "./source.ts";
import { Token } from "./tokens.ts";

const NAMES = new Map(Object.entries(Token).map(([name, kind]) => [kind, name]));

function lexed(text: string, mode: LexerMode = "main"): string[] {
  const tokens = tokenize(new Source("a", text), mode);
  const result: string[] = [];
  for (let at = 0; at < tokens.count - 1; at++) {
    result.push(`${NAMES.get(tokens.kind(at))} ${text.slice(tokens.start(at), tokens.end(at))}`);
  }
  return result;
}

describe("the main language", () => {
  test.each([
    ["a.x-1", ["Identifier a", "Dot .", "Identifier x-1"]],
    ["5-3", ["Number 5", "Minus -", "Number 3"]],
    ["1.2.3", ["Number 1.2.3"]],
    ["1.", ["Number 1", "Dot ."]],
    ["1.e", ["Number 1", "Dot .", "Identifier e"]],
    ["1e+5", ["Number 1e+5"]],
    ["1...", ["Number 1", "Ellipsis ..."]],
    ["1_0", ["Number 1", "Identifier _0"]],
    ["a::b", ["Identifier a", "DoubleColon ::", "Identifier b"]],
    ["==>=<=!=&&||", ["Equal ==", "GreaterOrEqual >=", "LessOrEqual <=", "NotEqual !=", "And &&", "Or ||"]],
    ["a=>b", ["Identifier a", "FatArrow =>", "Identifier b"]],
    ["éa", ["Identifier éa"]],
    ["# x\n", ["Comment # x\n"]],
    ["/* x", ["Slash /", "Star *", "Identifier x"]],
    ["/* * / */1", ["Comment /* * / */", "Number 1"]],
    ["\r\n", ["Newline \r\n"]],
    ["\r", ["Invalid \r"]],
    ["😀", ["Invalid 😀"]],
    ["<<A", ["Less <", "Less <", "Identifier A"]],
  ])("%j", (text, expected) => {
    expect(lexed(text)).toEqual(expected);
  });
});

describe("templates", () => {
  test.each([
    ['"a$${b}$c"', ['OpenQuote "', "QuotedText a$${b}$c", 'CloseQuote "']],
    ['"$$$${b}"', ['OpenQuote "', "QuotedText $$$${b}", 'CloseQuote "']],
    ['"%%{b}%"', ['OpenQuote "', "QuotedText %%{b}%", 'CloseQuote "']],
    [
      '"\\"${a}"',
      ['OpenQuote "', 'QuotedText \\"', "Interpolation ${", "Identifier a", "SequenceEnd }", 'CloseQuote "'],
    ],
    [
      '"${ {a = "}"} ~}"',
      [
        'OpenQuote "',
        "Interpolation ${",
        "OpenBrace {",
        "Identifier a",
        "Equals =",
        'OpenQuote "',
        "QuotedText }",
        'CloseQuote "',
        "CloseBrace }",
        "SequenceEnd ~}",
        'CloseQuote "',
      ],
    ],
    ['"a\n\nb"', ['OpenQuote "', "QuotedText a", "QuotedNewline \n\n", "QuotedText b", 'CloseQuote "']],
    ["<<A\nx\n  A\n", ["OpenHeredoc <<A\n", "PlainText x\n", "CloseHeredoc   A", "Newline \n"]],
    [
      "<<A\n${A}A\nA",
      [
        "OpenHeredoc <<A\n",
        "Interpolation ${",
        "Identifier A",
        "SequenceEnd }",
        "PlainText A\n",
        "CloseHeredoc A",
      ],
    ],
    ["<<-A\nA\r\n", ["OpenHeredoc <<-A\n", "CloseHeredoc A", "Newline \r\n"]],
  ])("%j", (text, expected) => {
    expect(lexed(text)).toEqual(expected);
  });

  test("a bare template has one text a line, and quotes mean nothing", () => {
    expect(lexed('"a\\n"\n%{if x}', "template")).toEqual([
      'PlainText "a\\n"\n',
      "Directive %{",
      "Identifier if",
      "Identifier x",
      "SequenceEnd }",
    ]);
  });
});
