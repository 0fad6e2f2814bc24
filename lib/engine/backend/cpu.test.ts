import { testChapterOn } from "./chapter";

testChapterOn("cpu");
