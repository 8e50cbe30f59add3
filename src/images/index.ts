export { buildImage } from "./build/build.ts";
export { planImage } from "./build/plan.ts";
export { formatImageRef, isImageName, parseImageRef } from "./reference.ts";
export type { ImagePlan, ImageSpecification, ImageStep } from "./specification.ts";
export { ImageStore } from "./store/store.ts";
export type { ImageFile } from "./store/store.ts";
