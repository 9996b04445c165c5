// Generated from contracts/ by `make generated`: do not edit.
import type { Timestamp } from 'firebase/firestore';
/**
 * What to do.
 */
export type CommandType = "cancel" | "delete";
/**
 * The collection that a generation's document is in, which says what it becomes.
 */
export type MediaType = "images" | "videos";
/**
 * Why a generation failed, for programs. Never branch on the message.
 */
export type ErrorCode =
  | "invalid_request"
  | "prompt_blocked"
  | "object_taken"
  | "runpod_unauthorized"
  | "runpod_no_credit"
  | "runpod_endpoint_not_found"
  | "runpod_refused"
  | "runpod_busy"
  | "runpod_unavailable"
  | "runpod_unreadable"
  | "runpod_unreachable"
  | "runpod_lost"
  | "worker_lost"
  | "expired"
  | "model_unavailable"
  | "out_of_memory"
  | "gpu_lost"
  | "timed_out"
  | "generation_failed"
  | "output_blocked"
  | "check_unavailable"
  | "storage_unavailable";
/**
 * Where it failed, for people.
 */
export type FailedStage = "validating" | "dispatching" | "loading" | "generating" | "encoding" | "uploading";
/**
 * The state machine. Each ending absorbs everything that comes after it.
 */
export type Status = "queued" | "processing" | "completed" | "failed" | "cancelled";
/**
 * What is going on, for people. No code decides on it.
 */
export type Stage = "waiting" | "dispatched" | "loading" | "generating" | "encoding" | "uploading";

export interface Contract {
  Attempt?: Attempt;
  Command?: Command;
  CommandType?: CommandType;
  Ending?: Ending;
  ErrorCode?: ErrorCode;
  FailedStage?: FailedStage;
  Failure?: Failure;
  Generation?: Generation;
  ImageData?: ImageData;
  ImageRequest?: ImageRequest;
  MediaType?: MediaType;
  Progress?: Progress;
  Stage?: Stage;
  Status?: Status;
  Timings?: Timings;
  VideoData?: VideoData;
  VideoRequest?: VideoRequest;
}
/**
 * One attempt that failed and was followed by another.
 */
export interface Attempt {
  attempt: number;
  code: string;
  stage: string;
  ended_at: Timestamp;
}
/**
 * One command. The function that carries it out removes the document.
 */
export interface Command {
  type: CommandType;
  media_type: MediaType;
  file_uid: string;
  created_at: Timestamp;
}
/**
 * A generation has ended. A hint: it can come twice, late or never; the document is the truth.
 */
export interface Ending {
  user_id: string;
  media_type: string;
  file_uid: string;
  created_at?: Timestamp;
  status: string;
  error_code?: string;
}
/**
 * `error` in the document of a failed generation.
 */
export interface Failure {
  code: ErrorCode;
  stage: FailedStage;
  retryable: boolean;
  message: string;
  field?: string;
}
/**
 * One request and everything that has become of it.
 */
export interface Generation {
  status: Status;
  created_at: Timestamp;
  user_id: string;
  file_uid: string;
  schema_version?: 1;
  request_data: ImageRequest | VideoRequest;
  retry_of?: string;
  stage?: Stage;
  attempt?: number;
  failures?: number;
  seed?: number;
  dispatched_at?: Timestamp;
  lease_expires_at?: Timestamp;
  runpod_job_id?: string;
  modified?: Timestamp;
  attempts?: Attempt[];
  claim?: string;
  started_at?: Timestamp;
  progress?: Progress;
  completed_at?: Timestamp;
  generated?: boolean;
  generation_data?: ImageData | VideoData;
  ended_at?: Timestamp;
  error?: Failure;
}
/**
 * `request_data` of a document in `images`.
 */
export interface ImageRequest {
  prompt: string;
  negative_prompt?: string;
  model?: string;
  width?: number;
  height?: number;
  num_inference_steps?: number;
  guidance_scale?: number;
  seed?: number;
  num_images?: number;
  strength?: number;
  input_image?: string;
  mask_image?: string;
  lora?: string;
  lora_scale?: number;
  output_format?: "png" | "jpeg" | "webp";
}
/**
 * `request_data` of a document in `videos`.
 */
export interface VideoRequest {
  prompt: string;
  negative_prompt?: string;
  model?: string;
  width?: number;
  height?: number;
  num_inference_steps?: number;
  guidance_scale?: number;
  seed?: number;
  num_images?: number;
  strength?: number;
  input_image?: string;
  mask_image?: string;
  lora?: string;
  lora_scale?: number;
  output_format?: "mp4";
  num_frames?: number;
  fps?: number;
  last_image?: string;
}
/**
 * How far a generation is. Written by the worker, at most once a second.
 */
export interface Progress {
  sequence: number;
  fraction: number;
  step: number;
  steps: number;
  eta_seconds?: number;
  preview?: string;
}
/**
 * `generation_data` of a document in `images`.
 */
export interface ImageData {
  object_paths: string[];
  content_type: string;
  width: number;
  height: number;
  seed: number;
  model: string;
  revision: string;
  sha256: string[];
  bytes: number[];
  timings_seconds: Timings;
  remade?: string;
  lossy?: string[];
  image_urls: string[];
}
/**
 * Where the time went, in seconds.
 */
export interface Timings {
  queued: number;
  loading: number;
  generating: number;
  encoding: number;
  uploading: number;
}
/**
 * `generation_data` of a document in `videos`.
 */
export interface VideoData {
  object_paths: string[];
  content_type: string;
  width: number;
  height: number;
  seed: number;
  model: string;
  revision: string;
  sha256: string[];
  bytes: number[];
  timings_seconds: Timings;
  remade?: string;
  lossy?: string[];
  video_url: string;
  poster_url: string;
  thumbnail_url?: string;
  fps: number;
  num_frames: number;
  duration_seconds: number;
}
