import { OptionError } from './options.ts';

/** The options in `-c name=value` and `--context name=value`, so that synth needs no other program. Throws `OptionError`. */
export function contextOf(args: readonly string[]): Record<string, string> {
  const context: Record<string, string> = {};
  for (let index = 0; index < args.length; index += 2) {
    const [flag, pair = ''] = [args[index], args[index + 1]];
    const equals = pair.indexOf('=');
    if ((flag !== '-c' && flag !== '--context') || equals < 1) throw new OptionError(`Synth accepts only options of the form -c name=value, not ${args.slice(index, index + 2).join(' ')}.`);
    context[pair.slice(0, equals)] = pair.slice(equals + 1);
  }
  return context;
}
