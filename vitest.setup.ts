import fc from "fast-check";

/** One seed for a run of the tests, so that a failure is everybody's; `KILN_FUZZ_SEED` looks elsewhere. */
const FUZZ_SEED = 20_261_121;

fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: Number(process.env["KILN_FUZZ_SEED"] ?? FUZZ_SEED),
});
