/** What the page will look like, before there is anything to show. */
export function Ghost() {
  return (
    <div className="ghost" aria-hidden="true">
      <div className="ghost__box" style={{ height: 130 }} />
      <div className="ghost__row">{[1, 2, 3, 4].map((tile) => <div key={tile} className="ghost__box" style={{ height: 96 }} />)}</div>
      <div className="ghost__box" style={{ height: 220 }} />
    </div>
  );
}
