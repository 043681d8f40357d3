/** A reason not to start that its reader can act on: one sentence, printed without a stack. */
export class StartError extends Error {
  constructor(message) {
    super(message);
    this.name = 'StartError';
  }
}
