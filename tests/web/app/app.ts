// A small app with the installed package: what its types let through, and what they do not.

import type { Auth } from 'firebase/auth';
import {
  problemIn,
  Safelight,
  type Command,
  type Generation,
  type GenerationState,
  type ImageRequest,
  type Problem,
} from 'safelight';
import { useGeneration, useGenerations } from 'safelight/react';

export async function make(auth: Auth): Promise<string[]> {
  const safelight = new Safelight(auth);
  // @ts-expect-error: a picture has no frames
  safelight.generate({ prompt: 'a lamp', num_frames: 5 });
  const generation = safelight.generate({ prompt: 'a ball', num_frames: 5 }, 'videos');
  for await (const state of generation) {
    if (state.status === 'completed') return [state.result.video_url];
    // @ts-expect-error: there is no result yet
    console.log(state.result);
  }
  return [];
}

/** What comes from a list of both kinds tells by `mediaType` which it is. */
export function urlOf(state: GenerationState): string | undefined {
  if (state.status !== 'completed') return undefined;
  // @ts-expect-error: it can be a picture
  console.log(state.result.video_url);
  return state.mediaType === 'videos' ? state.result.video_url : state.result.image_urls[0];
}

export function framesOf(state: GenerationState): number | undefined {
  return state.mediaType === 'videos' ? state.request.num_frames : undefined;
}

export function check(request: ImageRequest): Problem | undefined {
  return problemIn('images', request, 'u1');
}

/** For who writes and reads the documents without the client. */
export function plain({ status, generation_data }: Generation): [Command['type'], string, number | undefined] {
  return ['cancel', status, generation_data?.width];
}

export function useStudio(safelight: Safelight): (string | undefined)[] {
  const { state, error } = useGeneration(safelight.get('images', 'f1'));
  const { generations = [] } = useGenerations(safelight, 'videos');
  const newest = generations[0];
  return [state?.status, error?.code, newest?.status === 'completed' ? newest.result.poster_url : undefined];
}
