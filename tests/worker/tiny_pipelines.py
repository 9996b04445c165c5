"""The families of the catalogue in small: the real classes, configured as the real ones are, with random weights.

Each takes a second to build, and half a megabyte to four. What they paint means nothing; how they are loaded and
called is what the big ones would have of it. Each is configured after what is known of its repository, and after
diffusers' own tests (https://github.com/huggingface/diffusers, tests/pipelines).
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import transformers
from tokenizers.pre_tokenizers import ByteLevel
from transformers.convert_slow_tokenizer import import_protobuf

from contracts.catalogue import Model
from worker.settings import MODELS_FOLDER
from worker.weights import REVISION

TEXT = 32
"""The width of every text encoder."""
QWEN_CHAT = """{%- for message in messages -%}
<|im_start|>{{ message.role }}
{{ message.content }}<|im_end|>
{% endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% if enable_thinking is defined and not enable_thinking %}<think>

</think>

{% endif %}{%- endif -%}"""
"""Qwen3's template, without its tools."""


def bake_tiny(model: Model, into: Path) -> Path:
    """Put it where `worker.bake` puts the model's own; a model that is shipped is left as it is.

    Args:
        model: an entry of the catalogue.
        into: the folder of baked models.

    """
    if model.source.folder is not None:
        return Path(shutil.copytree(MODELS_FOLDER / model.source.folder, into / model.source.folder))
    folder = into / model.id
    torch.manual_seed(0)
    build = OTHERS.get(model.id) or BUILDERS[model.pipeline_class]
    build().save_pretrained(folder, variant=model.variant)
    if model.id in ONLY_SENTENCEPIECE:
        leave_only_sentencepiece(folder / "tokenizer")
    (folder / REVISION).write_text(f"{model.revision}\n", encoding="utf-8")
    return folder


def sdxl(scheduler: Any) -> Any:  # noqa: ANN401 - the library is untyped
    """SDXL: a UNet, two CLIPs of different kinds."""
    return diffusers.StableDiffusionXLPipeline(
        unet=diffusers.UNet2DConditionModel(
            block_out_channels=(8, 16),
            layers_per_block=1,
            sample_size=8,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            attention_head_dim=(2, 4),
            use_linear_projection=True,
            addition_embed_type="text_time",
            addition_time_embed_dim=8,
            transformer_layers_per_block=(1, 2),
            projection_class_embeddings_input_dim=6 * 8 + TEXT,
            cross_attention_dim=2 * TEXT,
            norm_num_groups=4,
        ),
        scheduler=scheduler,
        vae=image_vae(4, force_upcast=True, scaling_factor=0.13025),
        text_encoder=transformers.CLIPTextModel(clip_config("quick_gelu")),
        text_encoder_2=transformers.CLIPTextModelWithProjection(clip_config("gelu")),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )


def sdxl_base() -> Any:  # noqa: ANN401 - the library is untyped
    return sdxl(
        diffusers.EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            steps_offset=1,
            timestep_spacing="leading",
        )
    )


def sdxl_turbo() -> Any:  # noqa: ANN401 - the library is untyped
    return sdxl(
        diffusers.EulerAncestralDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", timestep_spacing="trailing"
        )
    )


def sd3() -> Any:  # noqa: ANN401 - the library is untyped
    return diffusers.StableDiffusion3Pipeline(
        transformer=diffusers.SD3Transformer2DModel(
            sample_size=8,
            patch_size=2,
            in_channels=16,
            out_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=32,
            joint_attention_dim=2 * TEXT,
            pooled_projection_dim=2 * TEXT,
            pos_embed_max_size=16,
            qk_norm="rms_norm",
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=flow_vae(1.5305, 0.0609),
        text_encoder=transformers.CLIPTextModelWithProjection(clip_config("quick_gelu")),
        text_encoder_2=transformers.CLIPTextModelWithProjection(clip_config("gelu")),
        text_encoder_3=t5_encoder(2 * TEXT),
        tokenizer=clip_tokenizer(),
        tokenizer_2=clip_tokenizer(),
        tokenizer_3=t5_tokenizer(),
    )


def flux(*, guided: bool) -> Any:  # noqa: ANN401 - the library is untyped
    """FLUX.1; dev knows its guidance, and shifts its sigmas the more the larger the picture is."""
    return diffusers.FluxPipeline(
        transformer=diffusers.FluxTransformer2DModel(
            in_channels=64,
            num_layers=1,
            num_single_layers=2,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=TEXT,
            pooled_projection_dim=TEXT,
            axes_dims_rope=(4, 6, 6),
            guidance_embeds=guided,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(
            shift=3.0 if guided else 1.0, use_dynamic_shifting=guided
        ),
        vae=flow_vae(0.3611, 0.1159),
        text_encoder=transformers.CLIPTextModel(clip_config("quick_gelu")),
        text_encoder_2=t5_encoder(TEXT),
        tokenizer=clip_tokenizer(),
        tokenizer_2=t5_tokenizer(),
    )


def z_image() -> Any:  # noqa: ANN401 - the library is untyped
    tokenizer = qwen_tokenizer()
    transformer = diffusers.ZImageTransformer2DModel(
        in_channels=16,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=TEXT,
        axes_dims=[8, 4, 4],
        axes_lens=[1536, 512, 512],
    )
    with torch.no_grad():
        for pad in (transformer.x_pad_token, transformer.cap_pad_token):
            pad.normal_()  # they come as whatever was in memory
    return diffusers.ZImagePipeline(
        transformer=transformer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=flow_vae(0.3611, 0.1159),
        text_encoder=transformers.Qwen3Model(
            transformers.Qwen3Config(
                vocab_size=len(tokenizer),
                hidden_size=TEXT,
                intermediate_size=TEXT,
                num_hidden_layers=2,
                num_attention_heads=2,
                num_key_value_heads=1,
                head_dim=16,
                max_position_embeddings=1024,
            )
        ),
        tokenizer=tokenizer,
    )


def wan_t2v() -> Any:  # noqa: ANN401 - the library is untyped
    return diffusers.WanPipeline(
        transformer=wan_transformer(16, 16),
        transformer_2=None,
        scheduler=wan_scheduler(3.0),
        vae=wan_vae(16),
        text_encoder=umt5_encoder(),
        tokenizer=t5_tokenizer(),
    )


def wan_ti2v() -> Any:  # noqa: ANN401 - the library is untyped
    """Wan 2.2 5B: each latent frame has a time of its own, and its VAE packs 2x2 pixels into channels."""
    return diffusers.WanPipeline(
        transformer=wan_transformer(48, 48),
        transformer_2=None,
        scheduler=wan_scheduler(5.0),
        vae=wan_vae(
            48, in_channels=12, out_channels=12, patch_size=2, is_residual=True, scale_factor_spatial=16,
            decoder_base_dim=8,
        ),
        text_encoder=umt5_encoder(),
        tokenizer=t5_tokenizer(),
        expand_timesteps=True,
    )  # fmt: skip


def wan_i2v() -> Any:  # noqa: ANN401 - the library is untyped
    """Wan 2.1 from a picture: 16 channels, 16 of the first frame, 4 of a mask; and CLIP looks at the picture."""
    vision = transformers.CLIPVisionConfig(
        hidden_size=TEXT,
        projection_dim=TEXT,
        intermediate_size=TEXT,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
    )
    return diffusers.WanImageToVideoPipeline(
        transformer=wan_transformer(36, 16, image_dim=TEXT, added_kv_proj_dim=24),
        transformer_2=None,
        scheduler=wan_scheduler(3.0),
        vae=wan_vae(16),
        text_encoder=umt5_encoder(),
        tokenizer=t5_tokenizer(),
        image_encoder=transformers.CLIPVisionModel(vision),
        image_processor=transformers.CLIPImageProcessorPil(crop_size=32, size=32),
    )


def ltx() -> Any:  # noqa: ANN401 - the library is untyped
    channels = 16
    return diffusers.LTXPipeline(
        transformer=diffusers.LTXVideoTransformer3DModel(
            in_channels=channels,
            out_channels=channels,
            num_attention_heads=4,
            attention_head_dim=8,
            cross_attention_dim=32,
            num_layers=1,
            caption_channels=TEXT,
        ),
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(
            shift=1.0, use_dynamic_shifting=True, base_shift=0.95, max_shift=2.05, base_image_seq_len=1024,
            max_image_seq_len=4096, shift_terminal=0.1,
        ),
        vae=diffusers.AutoencoderKLLTXVideo(
            latent_channels=channels,
            block_out_channels=(8, 8, 8, 8),
            decoder_block_out_channels=(8, 8, 8, 8),
            layers_per_block=(1, 1, 1, 1, 1),
            decoder_layers_per_block=(1, 1, 1, 1, 1),
            timestep_conditioning=False,
        ),
        text_encoder=t5_encoder(TEXT),
        tokenizer=t5_tokenizer(),
    )  # fmt: skip


def cogvideox() -> Any:  # noqa: ANN401 - the library is untyped
    return diffusers.CogVideoXPipeline(
        transformer=diffusers.CogVideoXTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=16,
            in_channels=16,
            out_channels=16,
            time_embed_dim=8,
            text_embed_dim=TEXT,
            num_layers=1,
            sample_width=90,
            sample_height=60,
            sample_frames=49,
            max_text_seq_length=226,
            use_rotary_positional_embeddings=True,
        ),
        scheduler=diffusers.CogVideoXDPMScheduler(
            prediction_type="v_prediction", rescale_betas_zero_snr=True, snr_shift_scale=1.0,
            timestep_spacing="trailing",
        ),
        vae=diffusers.AutoencoderKLCogVideoX(
            down_block_types=("CogVideoXDownBlock3D",) * 4,
            up_block_types=("CogVideoXUpBlock3D",) * 4,
            block_out_channels=(8, 8, 8, 8),
            latent_channels=16,
            layers_per_block=1,
            norm_num_groups=2,
            scaling_factor=0.7,
        ),
        text_encoder=t5_encoder(TEXT),
        tokenizer=t5_tokenizer(),
    )  # fmt: skip


def image_vae(channels: int, **config: Any) -> Any:  # noqa: ANN401 - the library is untyped
    """An eighth of each side, as all of them have it; and as theirs, it is sure of what it encodes."""
    vae = diffusers.AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=64,
        **config,
    )
    last = vae.quant_conv or vae.encoder.conv_out
    with torch.no_grad():
        last.weight[channels:] = 0.0
        last.bias[channels:] = -20.0  # the logarithm of the variance
    return vae


def flow_vae(scale: float, shift: float) -> Any:  # noqa: ANN401 - the library is untyped
    return image_vae(16, use_quant_conv=False, use_post_quant_conv=False, scaling_factor=scale, shift_factor=shift)


def wan_vae(channels: int, **config: Any) -> Any:  # noqa: ANN401 - the library is untyped
    return diffusers.AutoencoderKLWan(
        base_dim=8,
        z_dim=channels,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.0] * channels,
        latents_std=[1.0] * channels,
        **config,
    )


def wan_transformer(channels: int, out: int, **config: Any) -> Any:  # noqa: ANN401 - the library is untyped
    return diffusers.WanTransformer3DModel(
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=channels,
        out_channels=out,
        text_dim=TEXT,
        freq_dim=32,
        ffn_dim=32,
        num_layers=2,
        rope_max_seq_len=64,
        **config,
    )


def wan_scheduler(shift: float) -> Any:  # noqa: ANN401 - the library is untyped
    return diffusers.UniPCMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=shift
    )


def clip_config(activation: str) -> Any:  # noqa: ANN401 - the library is untyped
    tokenizer = clip_tokenizer()
    return transformers.CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=TEXT,
        intermediate_size=TEXT,
        projection_dim=TEXT,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=tokenizer.model_max_length,
        hidden_act=activation,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def t5_encoder(width: int) -> Any:  # noqa: ANN401 - the library is untyped
    return transformers.T5EncoderModel(transformers.T5Config(**_t5(width), feed_forward_proj="gated-gelu"))


def umt5_encoder() -> Any:  # noqa: ANN401 - the library is untyped
    return transformers.UMT5EncoderModel(transformers.UMT5Config(**_t5(TEXT), feed_forward_proj="gated-gelu"))


def _t5(width: int) -> dict[str, Any]:
    return {
        "vocab_size": len(t5_tokenizer()),
        "d_model": width,
        "d_kv": 8,
        "d_ff": 32,
        "num_layers": 2,
        "num_heads": 4,
    }


def clip_tokenizer() -> Any:  # noqa: ANN401 - the library is untyped
    return transformers.CLIPTokenizer.from_pretrained(MODELS_FOLDER / "safelight-image" / "tokenizer")


def t5_tokenizer() -> Any:  # noqa: ANN401 - the library is untyped
    return transformers.T5Tokenizer.from_pretrained(MODELS_FOLDER / "safelight-video" / "tokenizer")


def qwen_tokenizer() -> Any:  # noqa: ANN401 - the library is untyped
    """Letter by letter, and in Qwen's manner of a conversation."""
    tokens = [*sorted(ByteLevel.alphabet()), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    tokenizer = transformers.Qwen2Tokenizer(
        vocab={token: index for index, token in enumerate(tokens)},
        merges=[],
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    tokenizer.chat_template = QWEN_CHAT
    return tokenizer


def leave_only_sentencepiece(tokenizer: Path) -> None:
    """A T5 tokenizer as some repositories have it, older than `tokenizer.json`."""
    vocabulary = json.loads((tokenizer / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    kinds = {"<unk>": 2, "<pad>": 3, "</s>": 3}
    import_proto: Any = import_protobuf
    proto = import_proto()
    model = proto.ModelProto()
    for token, score in vocabulary:
        model.pieces.add(piece=token, score=score, type=kinds.get(token, 1))
    model.trainer_spec.model_type = 1  # unigrams
    model.trainer_spec.unk_id = [token for token, _ in vocabulary].index("<unk>")
    (tokenizer / "spiece.model").write_bytes(model.SerializeToString())
    (tokenizer / "tokenizer.json").unlink()


ONLY_SENTENCEPIECE = {"ltx-video", "cogvideox-5b"}
BUILDERS: dict[str, Callable[[], Any]] = {
    "StableDiffusionXLPipeline": sdxl_base,
    "StableDiffusion3Pipeline": sd3,
    "FluxPipeline": lambda: flux(guided=True),
    "ZImagePipeline": z_image,
    "WanPipeline": wan_t2v,
    "WanImageToVideoPipeline": wan_i2v,
    "LTXPipeline": ltx,
    "CogVideoXPipeline": cogvideox,
}
"""Of each family, by the class of its weights."""
OTHERS: dict[str, Callable[[], Any]] = {
    "sdxl-turbo": sdxl_turbo,
    "flux.1-schnell": lambda: flux(guided=False),
    "wan2.2-ti2v-5b": wan_ti2v,
}
"""Those models that are not configured as their family usually is."""
