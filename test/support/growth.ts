/**
 * CPU that `run` takes for an input of twice the size, as a multiple of that for the input itself: about 2 where the cost is
 * linear, about 4 where it is quadratic. Each is the least of several runs, and 5 ms are added to the smaller one, so that neither a busy
 * machine nor the measure's own grain makes a figure. `size` is to be chosen so that a quadratic cost would be well over 20 ms.
 */
export function growth(size: number, input: (size: number) => () => unknown): number {
  const [small, large] = [input(size), input(size * 2)].map(cpuMs) as [number, number];
  return large / (small + 5);
}

function cpuMs(run: () => unknown): number {
  let least = Infinity;
  for (let round = 0; round < 5; round += 1) {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
