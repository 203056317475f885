/** A request that cannot be done, with the status of its answer. */
export class RefusedError extends Error {
  /**
   * @param {number} status - of the answer.
   * @param {string} reason - what is wrong with the request.
   */
  constructor(status, reason) {
    super(reason);
    this.name = "RefusedError";
    this.status = status;
  }
}
