"""What loading names. How families are loaded is in test_families.py, and what is refused in test_engine.py."""

from contracts.catalogue import Lora, Source
from worker.loading import _adapter_name


def test_each_lora_is_known_to_torch_by_a_name_of_its_own() -> None:
    ids = ("a.b", "a_b", "a-b", "a_2e_b", "A.b", "ab", "a..b")
    any_lora = Lora(id="x", source=Source(folder="x"), revision="1", weight_name="x.safetensors", licence="MIT")

    names = {_adapter_name(any_lora.model_copy(update={"id": one})) for one in ids}

    assert len(names) == len(ids)
    assert not any("." in name for name in names)
