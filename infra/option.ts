/** A wrong option: the message is one sentence that names the option and what it accepts. */
export class OptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OptionError';
  }
}

export interface Option<T> {
  readonly accepts: string;
  readonly fallback: T;
  /** The value, or undefined when it is not one of those accepted. */
  readonly read: (text: string) => T | undefined;
}

export const matching = (pattern: RegExp) => (text: string): string | undefined => (pattern.test(text) ? text : undefined);
export const flag = (text: string): boolean | undefined => ({ true: true, false: false })[text];
export const optional = <T>(accepts: string, read: (text: string) => T | undefined): Option<T | undefined> => ({ accepts, fallback: undefined, read });
