import { testChapterOn } from "../../testing/on-backend";

testChapterOn("cpu");
