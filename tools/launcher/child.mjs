import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program in the foreground: same terminal, signals passed on. Resolves to its exit code, or to 128 + the
 * number of the signal that ended it, as a shell would report. Rejects when the program cannot be started at all.
 */
export function runChild(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    let child;
    // Ctrl-C in a terminal reaches the whole process group by itself; sending it on would deliver it twice.
    const passOn = { SIGTERM: true, SIGHUP: true, SIGINT: !process.stdin.isTTY };
    const handlers = Object.entries(passOn).map(([signal, send]) => {
      const handler = () => { if (send) child?.kill(signal); };
      // Before the spawn: a signal in between would end this process and leave the child behind.
      process.on(signal, handler);
      return () => process.off(signal, handler);
    });
    const settle = (finish, value) => {
      for (const off of handlers) off();
      finish(value);
    };
    child = spawn(command, args, { stdio: 'inherit', env });
    child.on('error', (error) => settle(reject, error));
    child.on('exit', (code, signal) => settle(resolve, code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
