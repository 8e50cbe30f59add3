/** What a command's end means to a script (section 6 of the design). */
export const EXIT = {
  done: 0,
  /** An error; nothing was begun. */
  error: 1,
  /** Changes are present, under `-detailed-exitcode` only. */
  changes: 2,
  /** `fmt -check` found differences. */
  unformatted: 3,
  /** Begun, and taken back. */
  aborted: 4,
  /** Some of it happened, and the outcome names what. */
  partial: 5,
  /** The traffic was switched, and switched back. */
  switchedBack: 6,
  /** Held, or waits for a person. */
  waiting: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
