"""The denoiser of each family in the catalogue, tiny and with random weights, in a pipeline that only calls it.

Each is of the real class, and configured as the real one is where that decides what it can do: with normalised
queries and keys where it has them.
"""

from collections.abc import Callable
from typing import Any

import diffusers
import torch
from torch import nn


class OneCall:
    """As much of a pipeline as acceleration sees of one."""

    def __init__(
        self,
        denoiser: Any,  # noqa: ANN401 - of any class
        inputs: dict[str, Any],
        vae: nn.Module | None,
    ) -> None:
        self.transformer = denoiser
        self.vae = vae
        self.inputs = inputs

    def __call__(self, prompt: list[str], num_inference_steps: int) -> None:
        for _ in range(num_inference_steps):
            self.transformer(**self.inputs)


def tiny(family: str) -> OneCall:
    """The denoiser of one family, always the same."""
    torch.manual_seed(0)
    denoiser, inputs = FAMILIES[family]()
    with torch.no_grad():
        for name, parameter in denoiser.named_parameters():
            if "norm_q" in name or "norm_k" in name:  # what begins as 1 could be left out without a difference
                parameter.uniform_(0.2, 3)
    vae = _picture_vae() if family in WITH_PICTURES else _video_vae()
    return OneCall(denoiser.eval(), inputs, vae)


def _picture_vae() -> nn.Module:
    vae: nn.Module = diffusers.AutoencoderKL(
        block_out_channels=(8, 8), norm_num_groups=4, layers_per_block=1,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
    )  # fmt: skip
    return vae


def _video_vae() -> nn.Module:
    vae: nn.Module = diffusers.AutoencoderKLWan(
        base_dim=4, z_dim=4, dim_mult=[1, 1], num_res_blocks=1, temperal_downsample=[False]
    )
    return vae


def _sdxl() -> tuple[nn.Module, dict[str, Any]]:
    unet = diffusers.UNet2DConditionModel(
        sample_size=8, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4, cross_attention_dim=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4), transformer_layers_per_block=(1, 2), use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=8, projection_class_embeddings_input_dim=64,
    )  # fmt: skip
    added = {"text_embeds": torch.randn(2, 16), "time_ids": torch.ones(2, 6)}
    return unet, {
        "sample": torch.randn(2, 4, 8, 8),
        "timestep": torch.tensor(500),
        "encoder_hidden_states": torch.randn(2, 5, 16),
        "added_cond_kwargs": added,
        "return_dict": False,
    }


def _sd3() -> tuple[nn.Module, dict[str, Any]]:
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=8, patch_size=2, in_channels=4, out_channels=4, num_layers=2, attention_head_dim=8,
        num_attention_heads=2, joint_attention_dim=16, caption_projection_dim=16, pooled_projection_dim=16,
        pos_embed_max_size=8, qk_norm="rms_norm",
    )  # fmt: skip
    return transformer, {
        "hidden_states": torch.randn(2, 4, 8, 8),
        "timestep": torch.tensor([500.0, 500.0]),
        "encoder_hidden_states": torch.randn(2, 5, 16),
        "pooled_projections": torch.randn(2, 16),
        "return_dict": False,
    }


def _flux() -> tuple[nn.Module, dict[str, Any]]:
    transformer = diffusers.FluxTransformer2DModel(
        in_channels=4, num_layers=1, num_single_layers=2, attention_head_dim=16, num_attention_heads=2,
        joint_attention_dim=16, pooled_projection_dim=16, guidance_embeds=True, axes_dims_rope=(4, 4, 8),
    )  # fmt: skip
    return transformer, {
        "hidden_states": torch.randn(1, 16, 4),
        "timestep": torch.tensor([0.5]),
        "guidance": torch.tensor([3.5]),
        "encoder_hidden_states": torch.randn(1, 5, 16),
        "pooled_projections": torch.randn(1, 16),
        "img_ids": torch.zeros(16, 3),
        "txt_ids": torch.zeros(5, 3),
        "return_dict": False,
    }


def _z_image() -> tuple[nn.Module, dict[str, Any]]:
    transformer = diffusers.ZImageTransformer2DModel(
        in_channels=4, dim=32, n_layers=2, n_refiner_layers=1, n_heads=2, n_kv_heads=2, cap_feat_dim=16,
        axes_dims=[4, 6, 6], axes_lens=[64, 16, 16],
    )  # fmt: skip
    with torch.no_grad():
        for parameter in (transformer.x_pad_token, transformer.cap_pad_token):
            parameter.normal_()
    return transformer, {
        "x": [torch.randn(4, 1, 8, 8)],
        "t": torch.tensor([0.5]),
        "cap_feats": [torch.randn(5, 16)],
        "return_dict": False,
    }


def _wan() -> tuple[nn.Module, dict[str, Any]]:
    transformer = diffusers.WanTransformer3DModel(
        num_attention_heads=2, attention_head_dim=12, in_channels=4, out_channels=4, text_dim=16, freq_dim=16,
        ffn_dim=32, num_layers=3, rope_max_seq_len=32,
    )  # fmt: skip
    return transformer, {
        "hidden_states": torch.randn(1, 4, 2, 8, 8),
        "timestep": torch.tensor([500]),
        "encoder_hidden_states": torch.randn(1, 5, 16),
        "return_dict": False,
    }


def _ltx() -> tuple[nn.Module, dict[str, Any]]:
    transformer = diffusers.LTXVideoTransformer3DModel(
        in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16,
        num_layers=2, caption_channels=16,
    )  # fmt: skip
    return transformer, {
        "hidden_states": torch.randn(1, 32, 4),
        "timestep": torch.tensor([500]),
        "encoder_hidden_states": torch.randn(1, 5, 16),
        "encoder_attention_mask": torch.tensor([[1, 1, 1, 0, 0]]),
        "num_frames": 2,
        "height": 4,
        "width": 4,
        "return_dict": False,
    }


def _cogvideox() -> tuple[nn.Module, dict[str, Any]]:
    transformer = diffusers.CogVideoXTransformer3DModel(
        num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=4, time_embed_dim=8,
        text_embed_dim=16, num_layers=2, sample_width=8, sample_height=8, sample_frames=5, patch_size=2,
        temporal_compression_ratio=4, max_text_seq_length=5,
    )  # fmt: skip
    return transformer, {
        "hidden_states": torch.randn(1, 2, 4, 8, 8),
        "timestep": torch.tensor([500]),
        "encoder_hidden_states": torch.randn(1, 5, 16),
        "return_dict": False,
    }


FAMILIES: dict[str, Callable[[], tuple[nn.Module, dict[str, Any]]]] = {
    "StableDiffusionXLPipeline": _sdxl,
    "StableDiffusion3Pipeline": _sd3,
    "FluxPipeline": _flux,
    "ZImagePipeline": _z_image,
    "WanPipeline": _wan,
    "WanImageToVideoPipeline": _wan,
    "LTXPipeline": _ltx,
    "CogVideoXPipeline": _cogvideox,
}
"""By the class of the pipeline, as the catalogue names it."""
WITH_PICTURES = {"StableDiffusionXLPipeline", "StableDiffusion3Pipeline", "FluxPipeline", "ZImagePipeline"}
