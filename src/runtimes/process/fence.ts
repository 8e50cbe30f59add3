import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { isSystemError, writeFileAtomically } from "../../kernel/index.ts";

/** A daemon with an older epoch asked for an effect. */
class FencedError extends Error {
  constructor(epoch: number, fence: number) {
    super(`epoch ${epoch} is over: the instances belong to epoch ${fence}`);
    this.name = "FencedError";
  }
}

/** The highest epoch that was seen, durable beside the instances. */
export interface Fence {
  /** Rejects where a daemon with a higher epoch has taken over. */
  check(epoch: number): Promise<void>;
  /** Durable when it resolves; rejects where the fence is higher already. */
  raise(epoch: number): Promise<void>;
}

export function createFence(instances: string): Fence {
  const file = path.join(instances, "fence");
  const read = async (): Promise<number> => {
    try {
      return Number(await readFile(file, "utf8"));
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return 0;
      throw error;
    }
  };
  const check = async (epoch: number): Promise<void> => {
    const fence = await read();
    if (epoch < fence) throw new FencedError(epoch, fence);
  };
  return {
    check,
    raise: async (epoch) => {
      await mkdir(instances, { recursive: true, mode: 0o700 });
      await check(epoch);
      await writeFileAtomically(file, `${epoch}\n`, 0o600);
    },
  };
}
