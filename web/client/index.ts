// What an app imports from `safelight`.

export { Safelight, type SafelightOptions } from './safelight.js';
export { keyOf } from './commands.js';
export type { GenerationHandle } from './handle.js';
export type { GenerationList, ListView } from './list.js';
export type { LiveIterator } from './iterator.js';
export type { UploadOptions } from './uploads.js';
export { SafelightError, toSafelightError, type SafelightErrorCode } from './errors.js';
export {
  hasEnded,
  type GenerationId,
  type GenerationState,
  type Request,
  type Requests,
  type Result,
  type Results,
} from './state.js';
export { findModel, modelsFor, numberOf, type Model, type Parameter } from './models.js';
export { problemIn, type Problem } from './validation.js';
export { limits, uploads } from './generated/limits.js';
export type {
  Command,
  CommandType,
  ErrorCode,
  Failure,
  Generation,
  ImageData,
  ImageRequest,
  MediaType,
  Progress,
  Stage,
  Status,
  Timings,
  VideoData,
  VideoRequest,
} from './generated/contract.js';
