"""`python -m training image`: make the shipped models, or measure one. See docs/training.md."""

import argparse
import json
import math
import sys
from pathlib import Path

import torch
from diffusers import DiffusionPipeline

from training.captions import plain_caption
from training.card import Card, write_card
from training.evaluation import KINDS, held_out_pictures, measure_truth, painter_of, tabulate
from training.image_model import make_image_model
from training.video_model import make_video_model

ROOT = Path(__file__).parent.parent
WORK = ROOT / "build" / "training"
MODELS = ROOT / "models"


def main() -> int:
    """The exit status: 1 where the time was up before the work was done."""
    options = _parser().parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.what in {"image", "video"}:
        make = make_image_model if options.what == "image" else make_video_model
        finished = make(
            options.work / options.what,
            options.into / f"safelight-{options.what}",
            device=options.device,
            minutes=options.minutes,
        )
        print("finished" if finished else "the time is up; run it again to go on")
        return 0 if finished else 1
    if options.what == "truth":
        print(json.dumps(measure_truth(options.count, side=64), indent=2))
        return 0
    return _measure(options)


def _measure(options: argparse.Namespace) -> int:
    """Ask the model for what it never saw; `card` also writes down what came of it."""
    folder = options.into / "safelight-image"
    pipeline = DiffusionPipeline.from_pretrained(folder).to(options.device)
    pipeline.set_progress_bar_config(disable=True)
    wanted = held_out_pictures(options.count)
    painter = painter_of(pipeline, steps=options.steps, guidance_scale=options.guidance_scale)
    painted = painter([plain_caption(picture) for picture in wanted], range(len(wanted)))
    table = tabulate(wanted, painted)
    print(json.dumps(table, indent=2))
    if options.what == "card":
        modules = (pipeline.vae, pipeline.text_encoder, pipeline.unet)
        card = Card(
            title="safelight-image",
            architecture=(
                "A small Stable Diffusion for 64x64 pictures: `StableDiffusionPipeline` with `AutoencoderKL`, "
                "`UNet2DConditionModel`, `CLIPTextModel` and a `CLIPTokenizer` of its own."
            ),
            parameters=sum(parameter.numel() for module in modules for parameter in module.parameters()),
            training=options.told,
            asked=(
                f"{options.count} prompts of each kind, one picture each, seeds from 0, "
                f"{options.steps} steps, guidance {options.guidance_scale}."
            ),
        )
        samples = [painted[kind * options.count + index] for kind in range(len(KINDS)) for index in range(20)]
        write_card(card, table=table, truth=measure_truth(options.count, 64), samples=samples, folder=folder)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description="Make and measure the shipped models.")
    parser.add_argument("what", choices=["image", "video", "measure", "truth", "card"], help="what to do")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop in time, to go on later")
    parser.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves it to torch")
    parser.add_argument("--work", type=Path, default=WORK, help="where checkpoints and painted pictures lie")
    parser.add_argument("--into", type=Path, default=MODELS, help="the folder of the models' folders")
    parser.add_argument("--count", type=int, default=100, help="measure so many pictures of each kind")
    parser.add_argument("--told", default="", help="for the card: steps, time and hardware, in a sentence")
    parser.add_argument("--steps", type=int, default=12, help="num_inference_steps of the measure")
    parser.add_argument("--guidance-scale", type=float, default=2.5)
    return parser


if __name__ == "__main__":
    sys.exit(main())
