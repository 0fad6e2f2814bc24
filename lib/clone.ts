import { resolve } from "node:path";

/** The clone's folder, seen from `lib/dist`, where this runs. */
export const CLONE = resolve(__dirname, "../..");
