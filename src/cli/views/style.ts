/** How text is marked up for a terminal; without colour every function gives its text back. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly underline: (text: string) => string;
}

const sequence = (start: number, end: number) => (text: string) => `\u001b[${start}m${text}\u001b[${end}m`;
const same = (text: string) => text;

/** ANSI sequences (ECMA-48 SGR). */
export const coloured: Style = {
  bold: sequence(1, 22),
  dim: sequence(2, 22),
  red: sequence(31, 39),
  green: sequence(32, 39),
  yellow: sequence(33, 39),
  cyan: sequence(36, 39),
  underline: sequence(4, 24),
};

/** No markup at all. */
export const plain: Style = {
  bold: same,
  dim: same,
  red: same,
  green: same,
  yellow: same,
  cyan: same,
  underline: same,
};
