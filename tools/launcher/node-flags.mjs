/**
 * V8's heap, told that this is a relay: what it allocates is garbage milliseconds later. The young generation may grow
 * to 134 MB by default; here it takes 3 × 8 MB, and from the start: growing step by step costs 5 % of the CPU of a JSON request, and
 * each step looks like a leak. (3 × 16 MB save as much again and take 15 MB; V8 rounds up to a power of two.) The old one may
 * grow to four times its live size before it is cleaned, here to 1.3 times. The same flags stand in package.json
 * (`start`) and tools/deploy, where nothing can be imported.
 */
export const NODE_FLAGS = ['--min-semi-space-size=8', '--max-semi-space-size=8', '--heap-growing-percent=30'];

/**
 * glibc's malloc, told to give memory back: what V8's compiler threads and SQLite have freed would otherwise stay in an
 * arena for each thread. 10 to 15 MB less after load at the same CPU. Elsewhere these names mean nothing. They stand in the
 * same places as the flags.
 */
export const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '1048576' };
