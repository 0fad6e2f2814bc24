import { testChapterOn } from "./chapter";

testChapterOn("wasm", ["experiments/resume", "quick"]);
