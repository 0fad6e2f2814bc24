import { testChapterOn } from "../../testing/on-backend";

testChapterOn("wasm", ["experiments/resume", "quick"]);
