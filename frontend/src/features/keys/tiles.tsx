import { Card } from '../../ui/card.tsx';
import { Count } from '../../ui/values.tsx';

export interface Tile { readonly id: string; readonly name: string; readonly value: number }

/** A few counts side by side. */
export function Tiles({ tiles }: { readonly tiles: readonly Tile[] }) {
  return (
    <div className="key-tiles">
      {tiles.map(({ id, name, value }) => <Card key={id} className="key-tile"><p className="key-tile__name">{name}</p><p className="key-tile__value"><Count value={value} /></p></Card>)}
    </div>
  );
}
