// Stops the main thread where it is, in the middle of a loop, too: by V8's inspector.
import { type Debugger, Session } from "node:inspector";
import type { Frame } from "../messages.js";

export interface Pause {
  /** Where the main thread is: the topmost function first. */
  frames: Frame[];
  session: Session;
  /** Lets it go on. */
  resume(): void;
  /** Lets it go on until the topmost function returns, and pauses there. */
  stepOut(): void;
  /** Ends all that it is in the middle of. */
  terminate(): void;
}

/**
 * @param onPause called when the main thread stands still: at once if it runs JavaScript, else when it comes to that; and
 * again wherever `stepOut` leads
 * @returns a function that gives up waiting, or ends what runs without any pause
 */
export function pauseExecution(onPause: (pause: Pause) => void): (terminate?: boolean) => void {
  const session = new Session();
  session.connectToMainThread();
  const files = new Map<string, string>();
  const resume = (terminateOnResume: boolean) =>
    session.post("Debugger.resume", { terminateOnResume }, () => session.disconnect());
  session.on("Debugger.scriptParsed", ({ params: { scriptId, url } }) => files.set(scriptId, url));
  session.on("Debugger.paused", ({ params: { callFrames } }) =>
    onPause({
      frames: callFrames.map((frame) => frameFrom(frame, files)),
      session,
      resume: () => resume(false),
      stepOut: () => session.post("Debugger.stepOut"),
      terminate: () => resume(true),
    }),
  );
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  return (terminate = false) => {
    if (terminate) session.post("Runtime.terminateExecution", () => session.disconnect());
    else session.disconnect();
  };
}

function frameFrom({ functionName: callee, location }: Debugger.CallFrame, files: ReadonlyMap<string, string>): Frame {
  const { scriptId, lineNumber, columnNumber = 0 } = location;
  return { callee, file: files.get(scriptId) ?? "", line: lineNumber + 1, column: columnNumber + 1 };
}
