import { line } from 'd3-shape';

const WIDTH = 120;
const HEIGHT = 28;

/** The shape of a series, without numbers: those stand beside it. */
export function Sparkline({ values, color = 'var(--tier-simple)' }: { readonly values: readonly number[]; readonly color?: string }) {
  const most = Math.max(...values, 1);
  const path = line<number>((_, index) => (values.length < 2 ? 0 : (index / (values.length - 1)) * WIDTH), (value) => HEIGHT - 2 - (value / most) * (HEIGHT - 4))([...values]);
  return <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true"><path d={path ?? ''} fill="none" strokeWidth="1.5" vectorEffect="non-scaling-stroke" style={{ stroke: color }} /></svg>;
}
