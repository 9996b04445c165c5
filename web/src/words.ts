// What the page says: a generation's state, and what went wrong, in sentences for a person.

import { FirebaseError } from 'firebase/app';

import { NotHosted } from './firebase';
import { hasEnded, type Entry } from './generations';

const FIELD_NAMES: Readonly<Record<string, string>> = {
  prompt: 'Prompt',
  negative_prompt: 'Negative prompt',
  model: 'Model',
  width: 'Width',
  height: 'Height',
  num_inference_steps: 'Steps',
  guidance_scale: 'Guidance scale',
  seed: 'Seed',
  num_images: 'Pictures',
  num_frames: 'Frames',
  fps: 'Frames per second',
  output_format: 'File format',
};

const STAGES: Readonly<Record<string, string>> = {
  loading: 'Starting',
  encoding: 'Encoding',
  uploading: 'Uploading',
};

const FIREBASE_ERRORS: Readonly<Record<string, string>> = {
  'permission-denied': 'Firebase refused this. If reloading the page does not help, its security rules do not match it.',
  unauthenticated: 'You are not signed in any more. Reload the page.',
  unavailable: 'Firestore cannot be reached. Check the connection, then reload the page.',
  'resource-exhausted': 'The project has used up its quota. Try again later.',
  'auth/network-request-failed': 'The sign-in service cannot be reached. Check the connection, then reload the page.',
  'auth/admin-restricted-operation': 'Anonymous sign-in is switched off in this Firebase project.',
  'auth/operation-not-allowed': 'Anonymous sign-in is switched off in this Firebase project.',
  'auth/too-many-requests': 'Too many people have signed in from here. Try again later.',
};

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

export function formatNumber(value: number): string {
  return numbers.format(value);
}

/** What a field of a request is called on the page. */
export function fieldName(field: string): string {
  return FIELD_NAMES[field] ?? field;
}

/** Where a generation is, in a word or two. */
export function stateInWords(entry: Entry): string {
  if (entry.sending) return 'Sending';
  if (entry.ordered === 'delete') return 'Deleting';
  if (entry.ordered === 'cancel' && !hasEnded(entry)) return 'Cancelling';
  switch (entry.generation.status) {
    case 'queued':
      return (entry.generation.attempt ?? 1) > 1 ? `Queued again, attempt ${entry.generation.attempt}` : 'Queued';
    case 'processing':
      return processingInWords(entry);
    case 'completed':
      return 'Done';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    default:
      return 'Unknown state';
  }
}

function processingInWords({ generation: { stage, progress } }: Entry): string {
  const named = STAGES[stage ?? ''];
  if (named !== undefined) return named;
  if (typeof progress?.fraction !== 'number') return 'Generating';
  const left = progress.eta_seconds === undefined ? '' : `, ${Math.ceil(progress.eta_seconds)}\u00a0s left`;
  return `Generating ${Math.floor(progress.fraction * 100)}\u00a0%${left}`;
}

/** Why a generation failed: the server's sentence, which also says what can be done. */
export function failureInWords({ generation }: Entry): string {
  if (generation.status !== 'failed') return '';
  return generation.error?.message ?? 'Something went wrong';
}

/** Size, seed and time of what was made. */
export function factsInWords({ generation: { status, generation_data: made } }: Entry): string {
  if (status !== 'completed' || made === undefined) return '';
  const facts: string[] = [];
  if (made.width && made.height) facts.push(`${made.width} × ${made.height}`);
  if ('fps' in made) facts.push(`${made.num_frames} frames at ${made.fps} per second`);
  if (made.seed !== undefined) facts.push(`seed ${made.seed}`);
  const seconds = made.timings_seconds?.generating;
  if (typeof seconds === 'number') facts.push(`${seconds.toFixed(1)}\u00a0s`);
  return facts.join(' · ');
}

/** What a person can do about an error of Firebase's or of our own. */
export function errorInWords(error: unknown): string {
  if (error instanceof NotHosted) {
    return 'This page does not know its Firebase project. Open it from Firebase Hosting or its emulator.';
  }
  if (error instanceof FirebaseError) {
    return FIREBASE_ERRORS[error.code] ?? `Firebase answered “${error.code}”. Reload the page to try again.`;
  }
  return 'Something unexpected went wrong in this page. Reload it to try again.';
}
