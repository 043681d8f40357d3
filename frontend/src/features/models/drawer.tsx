import { useNavigate, useParams } from '@tanstack/react-router';
import { Drawer } from '../../ui/dialog.tsx';

export function ModelDrawer() {
  const { modelId } = useParams({ from: '/models/$modelId' });
  const navigate = useNavigate();
  return <Drawer title={modelId} onClose={() => { void navigate({ to: '/models', search: true }); }} />;
}
