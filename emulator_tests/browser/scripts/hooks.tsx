import { createRoot } from 'react-dom/client';

import { auth } from './app';

// The code of docs/frontend.md, word for word.
import { useState } from 'react';
import { Safelight, type GenerationHandle } from 'safelight';
import { useGeneration, useGenerations } from 'safelight/react';

const safelight = new Safelight(auth);

function Studio() {
  const [generation, setGeneration] = useState<GenerationHandle<'images'>>();
  const { state, error } = useGeneration(generation);
  const { generations = [], hasMore, more } = useGenerations(safelight, 'images', { pageSize: 2 });
  return (
    <main>
      <button onClick={() => setGeneration(safelight.generate({ prompt: 'a red circle' }))}>Generate</button>
      <p>{error?.message ?? state?.status}</p>
      {state?.status === 'processing' && <progress value={state.progress.fraction} />}
      {state?.status === 'completed' && <img src={state.result.image_urls[0]} alt={state.request.prompt} />}
      <ul>{generations.map(({ fileUid, status }) => <li key={fileUid}>{status}</li>)}</ul>
      {hasMore && <button onClick={more}>Older</button>}
    </main>
  );
}

const root = document.createElement('div');
document.body.append(root);
createRoot(root).render(<Studio />);
