"""`python -m models.random_weights [FOLDER]`: small pipelines of the real classes, with random weights.

They stand in for the shipped models until those are trained: everything from the document to the file is real,
only the pictures are noise. The same seed gives the same weights on one version of torch.
"""

import sys
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLWan,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
    WanPipeline,
    WanTransformer3DModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer, T5Tokenizer, UMT5Config, UMT5EncoderModel

SEED = 0
FOLDER = Path(__file__).parent.parent / "build" / "models"
TEXT_WIDTH = 64


def build_image_pipeline() -> StableDiffusionPipeline:
    """1.4 million parameters; latents are a quarter of the picture's side."""
    torch.manual_seed(SEED)
    tokenizer = _byte_tokenizer()
    text_encoder = _clip_text_encoder(tokenizer)
    vae = AutoencoderKL(
        block_out_channels=(16, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        latent_channels=4,
        norm_num_groups=8,
        mid_block_add_attention=False,
    )
    unet = UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(32, 64),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=16,
    )
    return StableDiffusionPipeline(
        vae=vae,
        text_encoder=text_encoder,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=DPMSolverMultistepScheduler(timestep_spacing="trailing"),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def _clip_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def build_video_pipeline() -> WanPipeline:
    """0.3 million parameters; 4 frames of the video are one of its latents."""
    torch.manual_seed(SEED)
    vae = AutoencoderKLWan(
        base_dim=8, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    transformer = WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=16,
        in_channels=16,
        out_channels=16,
        text_dim=TEXT_WIDTH,
        freq_dim=64,
        ffn_dim=64,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=64,
    )
    tokenizer = _letter_tokenizer()
    text_encoder = UMT5EncoderModel(
        UMT5Config(
            vocab_size=len(tokenizer),
            d_model=TEXT_WIDTH,
            d_kv=16,
            d_ff=2 * TEXT_WIDTH,
            num_layers=2,
            num_heads=4,
            relative_attention_num_buckets=8,
        )
    )
    return WanPipeline(
        transformer=transformer,
        vae=vae,
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        text_encoder=text_encoder,
        tokenizer=tokenizer,
    )


def _byte_tokenizer() -> CLIPTokenizer:
    """Every byte is a token, alone and at the end of a word, so that no text is unknown."""
    letters = sorted(_bytes_to_letters())
    tokens = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer({token: index for index, token in enumerate(tokens)}, [], model_max_length=77)


def _bytes_to_letters() -> set[str]:
    """The 256 letters with which byte-level BPE writes bytes (GPT-2's table)."""
    printable = {*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)}
    return {chr(byte) for byte in printable} | {chr(256 + index) for index in range(256 - len(printable))}


def _letter_tokenizer() -> T5Tokenizer:
    """Each printable ASCII letter is a token; what is not one becomes `<unk>`."""
    letters = [chr(code) for code in range(ord("!"), ord("~") + 1)]
    vocabulary = [
        ("<pad>", 0.0),
        ("</s>", 0.0),
        ("<unk>", 0.0),
        ("▁", -2.0),
        *((letter, -4.0) for letter in letters),
    ]
    return T5Tokenizer(vocab=vocabulary, extra_ids=0, model_max_length=512)


def main() -> int:
    """Build both, where they are not there yet."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    for name, build in (("safelight-image", build_image_pipeline), ("safelight-video", build_video_pipeline)):
        if not (folder / name / "model_index.json").exists():
            build().save_pretrained(folder / name)
            print(f"built {name} with random weights")
    return 0


if __name__ == "__main__":
    sys.exit(main())
