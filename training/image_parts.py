"""What `safelight-image` is made of. Together under 12 MB in half precision."""

from diffusers import (
    AutoencoderKL,
    DPMSolverMultistepScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

SIDE = 64
LATENT_CHANNELS = 16
LATENT_SIDE = SIDE // 8
TEXT_WIDTH = 128


def build_autoencoder() -> AutoencoderKL:
    """1.1 million parameters; 64x64 pixels become 8x8 latents of 16 channels."""
    return AutoencoderKL(
        sample_size=SIDE,
        block_out_channels=(24, 48, 64, 64),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        mid_block_add_attention=False,
        scaling_factor=1.0,
    )


def build_text_encoder(tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """0.5 million parameters, trained together with the denoiser."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            intermediate_size=3 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=tokenizer.model_max_length,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )


def build_denoiser() -> UNet2DConditionModel:
    """4.2 million parameters. The text reaches it twice: pooled, with the time, and by attention in each block."""
    return UNet2DConditionModel(
        sample_size=LATENT_SIDE,
        in_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS,
        layers_per_block=1,
        block_out_channels=(96, 112),
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=4,
        norm_num_groups=8,
        resnet_time_scale_shift="scale_shift",
        use_linear_projection=True,
        addition_embed_type="text",
        addition_embed_type_num_heads=4,
    )


def build_scheduler() -> DPMSolverMultistepScheduler:
    """Noise as in training; linear betas reach far enough for flat backgrounds."""
    return DPMSolverMultistepScheduler(
        num_train_timesteps=1000,
        beta_schedule="linear",
        beta_start=1e-4,
        beta_end=0.02,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        steps_offset=1,  # what Stable Diffusion's pipeline insists on; this spacing has no use for it
    )


def build_pipeline(
    autoencoder: AutoencoderKL,
    tokenizer: CLIPTokenizer,
    text_encoder: CLIPTextModel,
    denoiser: UNet2DConditionModel,
) -> StableDiffusionPipeline:
    """All of it, as Stable Diffusion's pipeline."""
    for part in (autoencoder, text_encoder, denoiser):
        part.train(mode=False)
    return StableDiffusionPipeline(
        vae=autoencoder,
        tokenizer=tokenizer,
        text_encoder=text_encoder,
        unet=denoiser,
        scheduler=build_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
