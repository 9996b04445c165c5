import type { GenerationState } from 'safelight';

import { auth, show as showLine } from './app';

function show(state: GenerationState) {
  showLine(state.status === 'completed' ? state.result : state.status);
}

// The code of docs/frontend.md, word for word.
import { Safelight } from 'safelight';

const safelight = new Safelight(auth);
const generation = safelight.generate({ prompt: 'sunset over the sea' });
for await (const state of generation) show(state);
