import nodeTest from "node:test";
import { native } from "../engine/backend";

/** A test of what only TensorFlow has, graphs for instance; left out where it has not been built. */
export const test = native ? nodeTest : nodeTest.skip;
