export const full = (n: number, tenth = Math.ceil(n / 10)) => (process.env.BSG_FULL === '1' ? n : tenth);
