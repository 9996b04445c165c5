"""That the text encoder sees from the start which word stands beside which."""

import torch

from tests.worker import library_warnings
from training.tokens import build_t5_tokenizer, tokens_of
from training.video_parts import build_text_encoder

pytestmark = [library_warnings.IGNORED]


def test_a_colour_is_told_from_the_same_colour_of_something_else() -> None:
    torch.manual_seed(0)
    tokenizer = build_t5_tokenizer()
    text_encoder = build_text_encoder(tokenizer)
    tokens = tokens_of(tokenizer)(["red circle on blue background", "blue circle on red background"])
    with torch.inference_mode():
        first, second = text_encoder(tokens, (tokens != 0).long()).last_hidden_state
    [red], [again] = ((said == tokens[0, 0]).nonzero() for said in tokens)

    apart = (first[red] - second[again]).norm() / first[red].norm()
    assert apart > 0.3
