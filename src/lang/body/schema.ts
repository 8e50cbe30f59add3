/** An argument that a body may have. */
export interface AttributeSchema {
  readonly name: string;
  /** Absent: it may be left out. */
  readonly required?: boolean;
}

/** A kind of nested block. How many there may be is for who reads them to say. */
export interface BlockSchema {
  readonly type: string;
  /** Names of its labels, for messages: as many as a block must have. */
  readonly labels: readonly string[];
}

/** What a body may contain. */
export interface BodySchema {
  readonly attributes: readonly AttributeSchema[];
  readonly blocks: readonly BlockSchema[];
}
