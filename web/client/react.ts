// React hooks: what `safelight/react` exports. The only file that knows React.

import { useCallback, useMemo, useState, useSyncExternalStore } from 'react';

import { toSafelightError, type SafelightError } from './errors.js';
import type { MediaType } from './generated/contract.js';
import type { GenerationHandle } from './handle.js';
import type { GenerationList, ListView } from './list.js';
import type { Live } from './live.js';
import type { Safelight } from './safelight.js';
import type { GenerationState } from './state.js';

interface Watched<T> {
  value: T | undefined;
  /** Why it is not listened to any more. */
  error: SafelightError | undefined;
}

/** The state of one generation, for as long as the component is on the page. */
export function useGeneration<M extends MediaType>(
  generation: GenerationHandle<M> | undefined,
): { state: GenerationState<M> | undefined; error: SafelightError | undefined } {
  const { value, error } = useLive<GenerationState<M>>(generation);
  return { state: value, error };
}

/** A user's generations of one kind, newest first. Undefined fields mean that nothing is known yet. */
export function useGenerations<M extends MediaType>(
  safelight: Safelight,
  mediaType: M,
  { pageSize }: { pageSize?: number } = {},
): Partial<ListView<M>> & { more: () => void; error: SafelightError | undefined } {
  const { list, refusal } = useMemo(
    () => listOrRefusal(safelight, mediaType, pageSize === undefined ? {} : { pageSize }),
    [safelight, mediaType, pageSize],
  );
  const { value, error } = useLive<ListView<M>>(list);
  return { ...value, more: useCallback(() => list?.more(), [list]), error: refusal ?? error };
}

/** A component that throws while it is rendered would take the whole tree with it. */
function listOrRefusal<M extends MediaType>(
  safelight: Safelight,
  mediaType: M,
  options: { pageSize?: number },
): { list?: GenerationList<M>; refusal?: SafelightError } {
  try {
    return { list: safelight.list(mediaType, options) };
  } catch (error) {
    return { refusal: toSafelightError(error) };
  }
}

function useLive<T>(live: Live<T> | undefined): Watched<T> {
  const [failed, setFailed] = useState<{ live: Live<T>; error: SafelightError }>();
  const subscribe = useCallback(
    (changed: () => void) => live?.subscribe(changed, (error) => setFailed({ live, error })) ?? (() => {}),
    [live],
  );
  const current = () => live?.current;
  const value = useSyncExternalStore(subscribe, current, current);
  return { value, error: failed?.live === live ? failed?.error : undefined };
}
