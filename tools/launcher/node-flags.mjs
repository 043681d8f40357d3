/**
 * V8's heap, told that this is a relay: what it allocates is garbage milliseconds later. The young generation may grow
 * to 134 MB by default, 3 × 16 MB serve as well (with 3 × 8, fifty requests at once outlive a cleaning); the old one may
 * grow to four times its live size before it is cleaned, here to 1.3 times. The same flags stand in package.json
 * (`start`) and tools/deploy, where nothing can be imported.
 */
export const NODE_FLAGS = ['--max-semi-space-size=16', '--heap-growing-percent=30'];
