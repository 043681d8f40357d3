import { describe, expect, test } from '@jest/globals';
import { helpFor, parseCommandLine, StartError, type CommandLine } from '../../../infra/local/command-line.ts';

const DEFAULTS: CommandLine = { port: 8787, host: '127.0.0.1', dataDir: './data', demo: false, allowUpstreams: [], maxBodyMiB: 32, json: false };

describe('the command line', () => {
  test.each([['--help'], ['-h'], ['--demo', '--help']])('%j explains every option and nothing else', (...args) => {
    const named = [...(helpFor(args) ?? '').matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, name]) => name);
    expect(named).toEqual(['--port', '--host', '--data', '--config', '--demo', '--allow-upstream', '--max-body', '--json']);
    for (const name of named) expect(() => parseCommandLine([String(name), '1'])).not.toThrow(/no option/);
    expect(helpFor(['--demo'])).toBeUndefined();
  });

  test.each<[string[], Partial<CommandLine>]>([
    [[], {}],
    [['--port', '0'], { port: 0 }],
    [['--port=65535'], { port: 65_535 }],
    [['--host', 'Gateway.Example'], { host: 'gateway.example' }],
    [['--host', '::1'], { host: '::1' }],
    [['--data', '/var/lib/bsg', '--config', '-'], { dataDir: '/var/lib/bsg', configFile: '-' }],
    [['--demo', '--json'], { demo: true, json: true }],
    [['--max-body', '4'], { maxBodyMiB: 4 }],
    [['--allow-upstream', 'nas.lan:8080', '--allow-upstream=[FD00::1]:443', '--allow-upstream', '10.0.0.7'], { allowUpstreams: ['nas.lan:8080', '[fd00::1]:443', '10.0.0.7'] }],
  ])('%j is understood', (args, expected) => {
    expect(parseCommandLine(args)).toEqual({ ...DEFAULTS, ...expected });
  });

  test.each<[string[], string]>([
    [['--port', '65536'], '--port takes a whole number from 0 to 65535, not "65536"'],
    [['--port', '1e3'], '--port takes'],
    [['--port', '-1'], '--port takes'],
    [['--port', ''], '--port needs a value'],
    [['--port'], '--port needs a value'],
    [['--port', '--json'], '--port needs a value'],
    [['--port', '1', '--port', '2'], '--port is given twice'],
    [['--json=false'], '--json takes no value'],
    [['--prot', '1'], 'no option --prot'],
    [['-p', '1'], 'no option -p'],
    [['start'], '"start" is not an option'],
    [['--host', 'localhost:8787'], '--host takes'],
    [['--host', 'http://x'], '--host takes'],
    [['--max-body', '0'], '--max-body takes a whole number from 1'],
    [['--max-body', '32MiB'], '--max-body takes'],
    [['--allow-upstream', 'http://nas.lan'], '--allow-upstream takes'],
    [['--allow-upstream', 'nas.lan/v1'], '--allow-upstream takes'],
    [['--allow-upstream', 'nas.lan:99999'], '--allow-upstream takes'],
    [['--allow-upstream', 'fd00::1'], '--allow-upstream takes'],
    [['--allow-upstream', '*'], '--allow-upstream takes'],
  ])('%j is refused in one sentence', (args, words) => {
    let message = '';
    try {
      parseCommandLine(args);
    } catch (error) {
      expect(error).toBeInstanceOf(StartError);
      message = (error as Error).message;
    }
    expect(message).toContain(words);
    expect(message).toMatch(/^[A-Z"][^\n]*[^.]\.$/);
  });
});
