"""What a competent user writes today from the documentation of RunPod, diffusers and Firebase: the baseline.

The model is loaded and Firebase connected when the module is, and a plain handler generates one picture, encodes
it as Pillow does by default, uploads it and completes the document. Versions are the pinned ones, as ours. Its
shape is that of RunPod's own example, https://github.com/runpod-workers/worker-sdxl-turbo (src/handler.py), but
leaner: that one imports `AutoPipelineForText2Image`, which imports every pipeline there is.

Without Firebase variables it returns base64, as that example does.
"""

import base64
import io
import json
import os
from pathlib import Path
from typing import Any

import firebase_admin
import runpod
import torch
from diffusers import DiffusionPipeline
from firebase_admin import firestore, storage

MODEL = Path(__file__).parent.parent / "models" / "safelight-image"

device = "cuda" if torch.cuda.is_available() else "cpu"
pipeline: Any = DiffusionPipeline.from_pretrained(MODEL, dtype=torch.float32, use_safetensors=True).to(device)
pipeline.set_progress_bar_config(disable=True)

database = bucket = None
if key := os.environ.get("FIREBASE_SERVICE_ACCOUNT_KEY"):
    certificate = firebase_admin.credentials.Certificate(json.loads(key))
    firebase_admin.initialize_app(certificate, {"storageBucket": os.environ["FIREBASE_STORAGE_BUCKET"]})
    database, bucket = firestore.client(), storage.bucket()


def handler(job: dict[str, Any]) -> dict[str, Any]:
    """Make one picture."""
    asked = job["input"]
    with torch.inference_mode():
        picture = pipeline(
            prompt=asked["prompt"],
            width=asked.get("width", 64),
            height=asked.get("height", 64),
            num_inference_steps=asked.get("num_inference_steps", 12),
            guidance_scale=asked.get("guidance_scale", 2.5),
            generator=torch.Generator("cpu").manual_seed(asked["seed"]),
        ).images[0]
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    if database is None or bucket is None:
        return {"outcome": "completed", "image": base64.b64encode(buffer.getvalue()).decode()}
    blob = bucket.blob(f"generating/{asked['user_id']}/image/{asked['file_uid']}.png")
    blob.upload_from_string(buffer.getvalue(), content_type="image/png")
    document = database.document(f"generations/{asked['user_id']}/images/{asked['file_uid']}")
    document.update({"status": "completed", "generation_data": {"object_paths": [blob.name]}})
    return {"outcome": "completed"}


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
