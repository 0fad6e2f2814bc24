// @ts-check

/** Set-up cannot go on. The message is one sentence that says what is wrong and what to do about it. */
export class SetUpError extends Error {
  name = "SetUpError";

  /**
   * @param {string} message
   * @param {string} [details]  the last lines that a tool printed
   */
  constructor(message, details = "") {
    super(message);
    this.details = details;
  }
}
