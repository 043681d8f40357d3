/** The mark: one request in, two ways out. */
export function Logo({ size = 26 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="logo">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <g fill="none" stroke="var(--on-accent)" strokeWidth="2.2" strokeLinecap="round" strokeLinejoin="round"><path d="M8.5 20.5h4l7-9h4" /><path d="M17.5 16.5l2.5 4h3.5" /></g>
      <g fill="var(--on-accent)"><circle cx="8" cy="20.5" r="2.2" /><circle cx="24" cy="11.5" r="2.2" /><circle cx="24" cy="20.5" r="2.2" /></g>
    </svg>
  );
}
