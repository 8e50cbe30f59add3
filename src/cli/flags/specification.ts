/** How many values a flag takes, and of which form. */
export type FlagKind =
  /** Present or absent; `-name=false` takes it back. */
  | "boolean"
  /** One value; the last one wins. */
  | "text"
  /** A whole number, at least 0. */
  | "count"
  /** Any number of values, in the order written. */
  | "list";

export interface FlagSpecification {
  readonly kind: FlagKind;
  /** One or more sentences for `-help`. */
  readonly help: string;
  /** What the value is called in the help, such as `FILE`; absent for booleans. */
  readonly placeholder?: string;
  /** What holds when the flag is absent; absent: false, or no value. */
  readonly initial?: string;
  /** Accepted and not shown: kept for Terraform's sake, or an alias. */
  readonly hidden?: boolean;
  /** Known from Terraform and not there yet: using it is refused with this sentence. */
  readonly refused?: string;
}

export interface ArgumentSpecification {
  /** In capitals, as it stands in the usage line. */
  readonly name: string;
  readonly optional?: boolean;
  /** Takes all that is left. */
  readonly rest?: boolean;
}

/** One command's whole surface: what the parser accepts and what the help says come from here. */
export interface CommandSpecification {
  /** Words after `kiln`, such as `state list`. */
  readonly name: string;
  /** One line for the list of commands, without a full stop. */
  readonly summary: string;
  /** Paragraphs for `-help`, each of any length. */
  readonly description: readonly string[];
  readonly arguments: readonly ArgumentSpecification[];
  readonly flags: Readonly<Record<string, FlagSpecification>>;
  /** Whole command lines that show typical use, without `kiln`. */
  readonly examples?: readonly string[];
}
