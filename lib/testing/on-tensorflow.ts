import nodeTest, { type TestContext } from "node:test";
import { native } from "../engine/backend";

type Test = (name: string, run: (t: TestContext) => void | Promise<void>) => void;

/** A test that is left out unless a condition holds. */
export const testIf = (holds: boolean): Test => (holds ? nodeTest : nodeTest.skip);

/** A test of what only TensorFlow has, graphs for instance; left out where it has not been built. */
export const test = testIf(native !== undefined);
