// What the page says: a generation's state, and what went wrong, in sentences for a person.

import { FirebaseError } from 'firebase/app';

import { hasEnded, SafelightError, type ErrorCode, type GenerationState, type Problem } from '../client';
import { StillSending } from './connection';
import { NotHosted } from './firebase';

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
  strength: 'Strength',
  input_image: 'Picture to start from',
  lora: 'LoRA',
  lora_scale: 'LoRA scale',
};

/** What to do about a failure, where the server's sentence leaves it open. */
const ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  invalid_request: 'Change the settings, and ask again.',
  prompt_blocked: 'Say it in other words.',
  output_blocked: 'Another prompt or another seed may pass.',
  out_of_memory: 'A smaller size or fewer pictures may fit.',
  timed_out: 'Fewer steps or a smaller size take less time.',
};

const ACCOUNT_ERRORS: Readonly<Record<string, string>> = {
  'auth/email-already-in-use': 'There is an account with this email: sign in instead.',
  'auth/invalid-email': 'This is not an email address.',
  'auth/missing-email': 'Type an email address.',
  'auth/missing-password': 'Type a password.',
  'auth/weak-password': 'The password must have at least 6 characters.',
  'auth/password-does-not-meet-requirements': 'The project asks for a stronger password.',
  'auth/invalid-credential': 'Email and password do not match.',
  'auth/wrong-password': 'Email and password do not match.',
  'auth/user-not-found': 'Email and password do not match.',
  'auth/network-request-failed': 'The sign-in service cannot be reached. Check the connection, then try again.',
  'auth/admin-restricted-operation': 'This way to sign in is switched off in this Firebase project.',
  'auth/operation-not-allowed': 'This way to sign in is switched off in this Firebase project.',
  'auth/too-many-requests': 'Too many attempts from here. Try again later.',
};

const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const JOINED = '\u00a0'; // a number and its unit stay together

export function formatNumber(value: number): string {
  return numbers.format(value);
}

/** What a field of a request is called on the page. */
export function fieldName(field: string): string {
  return FIELD_NAMES[field] ?? field;
}

/** With the page's names also for the other fields that it mentions. */
export function problemInWords({ field, reason }: Problem): string {
  const said = `${fieldName(field)} ${reason.replace(/\b[a-z]+(_[a-z]+)+\b/g, fieldName)}`;
  return said.endsWith('.') ? said : `${said}.`;
}

export function promptOf(state: GenerationState): string {
  return state.request.prompt || 'Without a prompt';
}

/** What a card says below the prompt: of what is done, what it is. */
export function captionOf(state: GenerationState): string {
  if (state.status !== 'completed' || state.ordered !== undefined) return stateInWords(state);
  const { result } = state;
  const length = 'duration_seconds' in result ? ` · ${result.duration_seconds.toFixed(1)}${JOINED}s` : '';
  return `${result.width} × ${result.height}${length}`;
}

/** Where a generation is, in a few words. */
export function stateInWords(state: GenerationState): string {
  if (state.ordered === 'delete') return 'Deleting';
  if (state.ordered === 'cancel' && !hasEnded(state)) return 'Cancelling';
  switch (state.status) {
    case 'sending':
      return navigator.onLine ? 'Sending' : 'Waiting for the connection';
    case 'queued':
      if (state.attempt > 1) return `Trying again, attempt ${state.attempt}`;
      return state.stage === 'dispatched' ? 'Waiting for a GPU' : 'Queued';
    case 'processing':
      return processingInWords(state);
    case 'completed':
      return 'Done';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
    case 'refused':
      return 'Refused';
    case 'deleted':
      return 'Deleted';
    case 'unknown':
      return 'Unknown state: reload the page';
  }
}

function processingInWords({ stage, progress }: Extract<GenerationState, { status: 'processing' }>): string {
  if (stage === 'loading') return 'Starting: the model is loading';
  if (stage === 'encoding' || stage === 'uploading') return 'Finishing';
  if (typeof progress.fraction !== 'number') return 'Generating';
  // Offline, what was left goes by unseen.
  const left = progress.eta_seconds === undefined || !navigator.onLine ? '' : `, ${durationInWords(progress.eta_seconds)} left`;
  return `Generating ${Math.floor(progress.fraction * 100)}${JOINED}%${left}`;
}

function durationInWords(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 100 ? `${whole}${JOINED}s` : `${Math.round(whole / 60)}${JOINED}min`;
}

/** Why it failed and what can be done. The server's sentence comes first; a request that was refused has the client's. */
export function failureInWords(state: GenerationState): string[] {
  if (state.status === 'refused') return [state.error.message];
  if (state.status !== 'failed') return [];
  const { code, field, message, retryable } = state.failure;
  const about = field !== undefined && message.startsWith(`${field} `);
  const said = about ? problemInWords({ field, reason: message.slice(field.length + 1) }) : message;
  const advice = ADVICE[code] ?? (retryable ? 'Running it again can help.' : undefined);
  return advice === undefined ? [said] : [said, advice];
}

/** Name and value of what there is to know about what was made, or asked for. */
export function factsOf(state: GenerationState): [string, string][] {
  const { request } = state;
  const result = state.status === 'completed' ? state.result : undefined;
  const size = result ?? { width: request.width, height: request.height };
  const facts: [string, string | undefined][] = [
    ['Model', result?.model ?? request.model],
    ['Size', size.width && size.height ? `${size.width} × ${size.height}` : undefined],
    ['Length', result && 'fps' in result ? `${result.num_frames} frames at ${result.fps} per second` : undefined],
    ['Steps', request.num_inference_steps?.toString()],
    ['Guidance', request.guidance_scale?.toString()],
    ['Seed', state.seed?.toString()],
    ['Negative', request.negative_prompt || undefined],
    ['Made in', result && `${result.timings_seconds.generating.toFixed(1)}${JOINED}s`],
    ['Asked', state.createdAt?.toLocaleString()],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== undefined);
}

/** What a person can do about an error of Firebase's or of our own. */
export function errorInWords(error: unknown): string {
  if (error instanceof NotHosted) {
    return 'This page does not know its Firebase project. Open it from Firebase Hosting or its emulator.';
  }
  if (error instanceof StillSending) return 'Wait until everything is sent: what is not would be lost.';
  if (error instanceof SafelightError) return error.message;
  if (error instanceof FirebaseError) {
    return ACCOUNT_ERRORS[error.code] ?? `Firebase answered “${error.code}”. Reload the page to try again.`;
  }
  return 'Something unexpected went wrong in this page. Reload it to try again.';
}
