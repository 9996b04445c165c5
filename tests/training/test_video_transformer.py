import torch
from torch.nn import functional

from training.video_parts import build_transformer
from training.video_transformer import PROMPT_LENGTH, OneForAllNothings


def test_one_nothing_stands_for_all_that_the_pipeline_would_add() -> None:
    torch.manual_seed(0)
    transformer = build_transformer()
    for weights in transformer.parameters():
        torch.nn.init.normal_(weights, std=0.1)
    latents, times, said = torch.randn(2, 16, 5, 8, 8), torch.tensor([100.0, 900.0]), torch.randn(2, 9, 128)

    with torch.inference_mode():
        whole = transformer(latents, times, functional.pad(said, (0, 0, 0, PROMPT_LENGTH - 9))).sample
        few = transformer(latents, times, functional.pad(said, (0, 0, 0, 1))).sample
        for block in transformer.blocks:
            block.attn2.set_processor(OneForAllNothings())
        same = transformer(latents, times, functional.pad(said, (0, 0, 0, 1))).sample

    torch.testing.assert_close(same, whole, rtol=1e-3, atol=1e-3)
    assert (few - whole).abs().max() > 0.1
