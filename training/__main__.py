"""`python -m training make image`: make the shipped models, or measure one. See docs/training.md."""

import argparse
import json
import math
import shutil
import sys
from pathlib import Path

import torch

from training.evaluation import measure_truth
from training.image_model import make_image_model
from training.report import Asked, measure, write_report
from training.shipping import checksums
from training.video_model import make_video_model

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "training"
MODELS = ROOT / "models"
GUIDANCE_SCALE = {"image": 2.5, "video": 2.5}
"""The catalogue's defaults."""


def main() -> int:
    """The exit status: 1 where the time was up before the work was done."""
    options = _parser().parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.verb == "make":
        return _make(options)
    if options.verb == "truth":
        table = measure_truth(options.media, options.count)
    else:
        scale = GUIDANCE_SCALE[options.media] if options.guidance_scale is None else options.guidance_scale
        asked = Asked(count=options.count, steps=options.steps, guidance_scale=scale, device=options.device)
        folder = options.into / f"safelight-{options.media}"
        if options.verb == "card":
            table = write_report(options.media, folder, asked, told=options.told)
        else:
            table, _ = measure(options.media, folder, asked)
    print(json.dumps(table, indent=2))
    return 0


def _make(options: argparse.Namespace) -> int:
    work, folder = options.work / options.media, options.into / f"safelight-{options.media}"
    if options.media == "image":
        finished = make_image_model(work, folder, device=options.device, minutes=options.minutes)
    else:
        compiles = shutil.which("c++") is not None
        finished = make_video_model(
            work, folder, device=options.device, minutes=options.minutes, compiles=compiles
        )
    print("finished" if finished else "the time is up; run it again to go on")
    print(checksums(folder))
    return 0 if finished else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Make and measure the shipped models.")
    parser.add_argument("verb", choices=["make", "measure", "truth", "card"], help="what to do")
    parser.add_argument("media", choices=["image", "video"], help="which model")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop in time, to go on later")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves it to torch")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoints and painted pictures lie")
    parser.add_argument("--into", type=Path, default=MODELS, help="the folder of the models' folders")
    parser.add_argument("--count", type=int, default=100, help="measure so many prompts of each kind")
    parser.add_argument("--told", default="", help="for the card: steps, time and hardware, in a sentence")
    parser.add_argument("--steps", type=int, default=12, help="num_inference_steps of the measure")
    parser.add_argument("--guidance-scale", type=float)
    return parser


if __name__ == "__main__":
    sys.exit(main())
