import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ["vitest.setup.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "rooms",
          include: ["src/**/*.test.ts", "test/house/*.test.ts", "test/simulation/**/*.test.ts"],
          // One process a thread for all files: nothing in `src/` keeps state at module level.
          pool: "threads",
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: "end-to-end",
          include: ["test/**/*.test.ts"],
          exclude: ["test/house/**", "test/simulation/**"],
          // Real daemons and real load: one file at a time, so that none starves another.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
