export { check } from "./check";
