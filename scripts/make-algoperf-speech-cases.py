#!/usr/bin/env python3
"""Records what AlgoPerf's own PyTorch speech models compute, for variants that have no recorded case yet.

  git clone https://github.com/mlcommons/algorithmic-efficiency algoperf
  git -C algoperf checkout 2c90454fc05d5bdf3598b0c7651e611f132a7060
  python3 -m venv venv && venv/bin/pip install torch==2.11.0 numpy
  venv/bin/python scripts/make-algoperf-speech-cases.py algoperf

A case takes audio, targets and the weights recipe of its base's recorded case, and the base's constructor
with what makes the variant; a parameter that the base lacks gets a recipe of its own. As a check of itself
the script first makes each base anew and compares it with the recorded one, to the last bit.

Writes tests/workloads/FAMILY/fixtures/NAME.safetensors and .json, in the format that
tests/support/algoperf_fixture.h reads. One thread, float32, SpecAugment off, dropout 0.
"""

import json
import math
import pathlib
import struct
import sys
import types

import numpy as np
import torch

ROOT = pathlib.Path(__file__).parent.parent / "tests/workloads"
VARIANTS = {
    "librispeech_conformer": {
        "librispeech_conformer_attention_temperature": {"attention_temperature": 1.6},
        "librispeech_conformer_layernorm": {"use_post_layer_norm": False}},
    "librispeech_deepspeech": {
        "librispeech_deepspeech_no_resnet": {"enable_residual_connections": False},
        "librispeech_deepspeech_norm_and_spec_aug": {
            "enable_decoder_layer_norm": False, "layernorm_everywhere": True,
            "freq_mask_count": 4, "time_mask_count": 15}}}
NUMPY = {"F32": np.float32, "I64": np.int64}


def read(path):
    data = path.read_bytes()
    size, = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, info in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in info["data_offsets"])
            values = np.frombuffer(data[begin:end], NUMPY[info["dtype"]])
            tensors[name] = torch.from_numpy(values.copy()).reshape(info["shape"])
    return tensors


def write(path, tensors):
    header, body = {}, b""
    for name, tensor in sorted(tensors.items()):
        values = tensor.detach().contiguous().numpy()
        header[name] = {"dtype": {v: k for k, v in NUMPY.items()}[values.dtype.type],
                        "shape": list(tensor.shape),
                        "data_offsets": [len(body), len(body) + values.nbytes]}
        body += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def made(entry):
    """The recipe that tests/support/algoperf_fixture.h documents."""
    with np.errstate(over="ignore"):
        x = np.arange(math.prod(entry["shape"]), dtype=np.uint32)
        x += np.uint32((0x9E3779B9 * (entry["k"] + 1)) % 2**32)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(13)
        x *= np.uint32(0xC2B2AE35)
        x ^= x >> np.uint32(16)
    values = entry["offset"] + entry["scale"] * (x / 2.0**31 - 1)
    return torch.from_numpy(values.astype(np.float32)).reshape(entry["shape"])


def prepare_imports(checkout):
    """AlgoPerf's package without what its own __init__ brings along."""
    package = types.ModuleType("algoperf")
    package.__path__ = [str(checkout / "algoperf")]
    sys.modules["algoperf"] = package


def build(constructor, inputs):
    if "num_lstm_layers" in constructor:
        from algoperf.workloads.librispeech_deepspeech.librispeech_pytorch import models
        model = models.DeepspeechEncoderDecoder(models.DeepspeechConfig(**constructor))
    else:
        from algoperf.workloads.librispeech_conformer.librispeech_pytorch import models
        model = models.ConformerEncoderDecoder(models.ConformerConfig(**constructor))
    with torch.no_grad():  # gives lazy layers their sizes
        model.eval()(inputs["audio"], inputs["audio_paddings"], dropout_rate=0.0)
    return model


def recipe_for(model, base):
    known = {entry["name"]: entry for entry in base}
    entries = []
    for name, tensor in model.state_dict().items():
        if name in known:
            entries.append(known[name])
        elif "normalization_layer" in name:
            entries.append({"name": name, "shape": list(tensor.shape), "k": 1000 + len(entries),
                            "offset": 0.0, "scale": 0.2})
    return entries


class KeptInFloat(torch.nn.Module):
    """The front end of a model in double, as recorded cases have it."""

    def __init__(self, front_end):
        super().__init__()
        self.front_end = [front_end]

    def forward(self, audio, paddings):
        torch.set_default_dtype(torch.float32)
        features, paddings = self.front_end[0](audio.float(), paddings.float())
        torch.set_default_dtype(torch.float64)
        return features.double(), paddings.double()


def step(model, inputs, training):
    model.train(training)
    logits, paddings = model(inputs["audio"], inputs["audio_paddings"], dropout_rate=0.0)
    lengths = (1 - inputs["target_paddings"]).sum(1).long()
    values = torch.nn.CTCLoss(blank=0, reduction="none")(
        torch.log_softmax(logits, -1).permute(1, 0, 2), inputs["targets"],
        (1 - paddings).sum(1).long(), lengths)
    return logits, paddings, values, lengths.sum()


def gradient_norms(model):
    return {name: p.grad.double().norm().item() for name, p in model.named_parameters()}


def record(name, base, stored, constructor):
    inputs = {key[6:]: value for key, value in stored.items() if key.startswith("input/")}
    model = build(constructor, inputs)
    recipe = recipe_for(model, base["weights_recipe"])
    model.load_state_dict({entry["name"]: made(entry) for entry in recipe}, strict=False)
    double = build(constructor, inputs)
    double.load_state_dict(model.state_dict())
    front_end = double.preprocessor
    double.double().preprocessor = KeptInFloat(front_end.float())

    tensors = {"input/" + key: value for key, value in inputs.items()}
    tensors |= {"state/" + entry["name"]: made(entry) for entry in recipe}
    out = {"case": name, "workload": name, "algoperf_commit": base["algoperf_commit"],
           "torch": torch.__version__, "source": "scripts/make-algoperf-speech-cases.py",
           "constructor": constructor,
           "total_params": sum(p.numel() for p in model.parameters()),
           "weights_recipe": recipe, "weights_stored": True}
    for mode in ("eval", "train"):
        logits, paddings, values, tokens = step(model, inputs, mode == "train")
        tensors |= {f"output_{mode}/logits": logits, f"output_{mode}/logit_paddings": paddings,
                    f"loss_{mode}/per_example": values}
        out[mode] = {"summed": values.sum().item(), "n_valid_examples": float(tokens)}
    mean = values.sum() / tokens
    mean.backward()
    tensors |= {"grad/" + key: p.grad for key, p in model.named_parameters()}
    tensors |= {"state_after_train/" + key: value for key, value in model.state_dict().items()
                if "running_" in key}
    norms = gradient_norms(model)
    total = math.sqrt(sum(norm * norm for norm in norms.values()))
    torch.set_default_dtype(torch.float64)
    logits64, _, values64, _ = step(double, {k: v.double() if v.is_floating_point() else v
                                             for k, v in inputs.items()}, True)
    torch.set_default_dtype(torch.float32)
    mean64 = values64.sum() / tokens
    mean64.backward()
    norms64 = gradient_norms(double)
    out["train"] |= {
        "loss": mean.item(), "grad_norms": norms, "grad_norm_global": total,
        "fp64": {"loss": mean64.item(),
                 "max_abs_logit_diff": (logits64 - logits).abs().max().item(),
                 "max_grad_norm_diff_over_global":
                     max(abs(norms[key] - norms64[key]) for key in norms) / total}}
    return out, tensors


def main():
    torch.set_num_threads(1)
    prepare_imports(pathlib.Path(sys.argv[1]))
    for base_name, variants in VARIANTS.items():
        folder = ROOT / base_name.removeprefix("librispeech_") / "fixtures"
        base = json.loads((folder / (base_name + ".json")).read_text())
        stored = read(folder / (base_name + ".safetensors"))
        _, again = record(base_name, base, stored, base["constructor"])
        differing = [key for key in again if not torch.equal(stored[key], again[key])]
        print(base_name, "made anew:", f"differs in {differing}" if differing else "the same")
        for name, changes in variants.items():
            out, tensors = record(name, base, stored, base["constructor"] | changes)
            write(folder / (name + ".safetensors"), tensors)
            (folder / (name + ".json")).write_text(json.dumps(out) + "\n")
            print(name)


main()
