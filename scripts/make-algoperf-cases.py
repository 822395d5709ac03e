#!/usr/bin/env python3
"""Records what AlgoPerf's own PyTorch models compute, for workloads that have no recorded case yet.

  git clone https://github.com/mlcommons/algorithmic-efficiency algoperf
  git -C algoperf checkout 2c90454fc05d5bdf3598b0c7651e611f132a7060
  python3 -m venv venv && venv/bin/pip install torch==2.11.0 numpy
  venv/bin/python scripts/make-algoperf-cases.py algoperf

Each case becomes tests/workloads/FAMILY/fixtures/NAME.safetensors and .json, in the format that
tests/support/algoperf_fixture.h reads: weights and inputs come from a recipe and are not stored; what is
stored are logits, losses and running statistics, of gradients their norms. One thread, float32.

The model classes are AlgoPerf's; only modules that they import but do not compute with are replaced
(spec is type annotations; pytorch_utils would bring JAX and TensorFlow, so its two small classes are
taken out of its source).
"""

import ast
import json
import math
import pathlib
import struct
import sys
import types

import numpy as np
import torch
import torch.nn.functional as F

COMMIT = "2c90454fc05d5bdf3598b0c7651e611f132a7060"
ROOT = pathlib.Path(__file__).parent.parent / "tests/workloads"


def recipe(shape, k):
    """The hash of the recipe that tests/support/algoperf_fixture.h documents: uint32 values."""
    with np.errstate(over="ignore"):
        x = np.arange(math.prod(shape), dtype=np.uint32) + np.uint32((0x9E3779B9 * (k + 1)) % 2**32)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x85EBCA6B)
        x ^= x >> np.uint32(13)
        x *= np.uint32(0xC2B2AE35)
        x ^= x >> np.uint32(16)
    return x.reshape(shape)


def made(entry):
    x = recipe(entry["shape"], entry["k"])
    if entry.get("kind") == "int":
        values = entry["low"] + np.floor(x / 2.0**32 * entry["n_values"])
        return torch.from_numpy(values.astype(np.int64))
    values = entry["offset"] + entry["scale"] * (x / 2.0**31 - 1)
    return torch.from_numpy(values.astype(np.float32))


def weights_recipe(model):
    """Values away from the 0 and 1 that norms start with."""
    entries = []
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        offset, scale = 0.0, 0.1
        if tensor.dim() > 1:
            scale = round(math.sqrt(3 / tensor[0].numel()), 9)
        elif name.endswith("running_var"):
            offset, scale = 1.0, 0.3
        elif name.endswith("weight"):
            offset, scale = 1.0, 0.2
        entries.append({"name": name, "shape": list(tensor.shape), "k": len(entries),
                        "offset": offset, "scale": scale})
    return entries


def cross_entropy(logits, batch, smoothing):
    return F.cross_entropy(logits, batch["targets"], reduction="none",
                           label_smoothing=smoothing) * batch["weights"]


def absolute_error(logits, batch, _):
    return F.l1_loss(logits, batch["targets"], reduction="none").mean(dim=(1, 2)) * batch["weights"]


def click_loss(logits, batch, _):
    return F.binary_cross_entropy_with_logits(
        logits.squeeze(1), batch["targets"].to(logits.dtype), reduction="none") * batch["weights"]


def set_values(model, entries, dtype=torch.float32):
    model.load_state_dict({e["name"]: made(e) for e in entries}, strict=False)
    return model.to(dtype)


def train_step(model, batch, forward, loss, dtype):
    model.train()
    batch = {k: v.to(dtype) if v.is_floating_point() else v for k, v in batch.items()}
    logits = forward(model, batch["inputs"])
    per_example = loss(logits, batch, 0.0)
    mean = per_example.sum() / batch["weights"].sum()
    mean.backward()
    norms = {n: p.grad.double().norm().item() for n, p in model.named_parameters()}
    return logits.detach(), per_example.detach(), mean.item(), norms


def record(case):
    entries = weights_recipe(case["make"]())
    inputs = case["inputs"]
    batch = {k: made(v) for k, v in inputs.items()}
    batch["weights"] = torch.ones(batch["inputs"].shape[0])
    batch["weights"][-1] = 0
    forward, loss = case["forward"], case["loss"]

    model = set_values(case["make"](), entries).eval()
    with torch.no_grad():
        eval_logits = forward(model, batch["inputs"])
    eval_loss = loss(eval_logits, batch, 0.0)
    logits, per_example, mean, norms = train_step(model, batch, forward, loss, torch.float32)
    double = set_values(case["make"](), entries, torch.float64)
    logits64, _, mean64, norms64 = train_step(double, batch, forward, loss, torch.float64)

    total = math.sqrt(sum(n * n for n in norms.values()))
    sums = lambda values, at: {
        "summed": values.sum().item(), "n_valid_examples": batch["weights"].sum().item(),
        "summed_label_smoothing_0.1": loss(at, batch, 0.1).sum().item()}
    sidecar = {
        "case": case["name"], "workload": case["workload"], "algoperf_commit": COMMIT,
        "torch": torch.__version__, "source": "scripts/make-algoperf-cases.py",
        "constructor": case["constructor"],
        "total_params": sum(p.numel() for p in model.parameters()),
        "weights_recipe": entries, "weights_stored": False,
        "input_recipe": inputs | {"weights": "ones, last one 0"},
        "eval": sums(eval_loss, eval_logits),
        "train": sums(per_example, logits) | {
            "loss": mean, "grad_norms": norms, "grad_norm_global": total,
            "fp64": {"loss": mean64,
                     "max_abs_logit_diff": (logits64 - logits).abs().max().item(),
                     "max_grad_norm_diff_over_global":
                         max(abs(norms[n] - norms64[n]) for n in norms) / total}}}
    tensors = {"output_eval/logits": eval_logits, "output_train/logits": logits,
               "loss_eval/per_example": eval_loss, "loss_train/per_example": per_example}
    for name, tensor in model.state_dict().items():
        if "running_" in name:
            tensors["state_after_train/" + name] = tensor
    write(case, sidecar, tensors)


def write(case, sidecar, tensors):
    out = ROOT / case["family"] / "fixtures" / case["name"]
    header, body = {}, b""
    for name, tensor in sorted(tensors.items()):
        data = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape),
                        "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    out.with_suffix(".safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)
    out.with_suffix(".json").write_text(json.dumps(sidecar) + "\n")


def prepare_imports(checkout):
    """AlgoPerf's packages without what they bring along."""
    def module(name, **names):
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(names)
        return sys.modules[name]

    package = module("algoperf", __path__=[str(checkout / "algoperf")])
    package.spec = module("algoperf.spec", Tensor=torch.Tensor)
    source = ast.parse((checkout / "algoperf/pytorch_utils.py").read_text())
    source.body = [n for n in source.body
                   if getattr(n, "name", "") in ("CustomDropout", "CustomDropout2d",
                                             "SequentialWithDropout")]
    utils = module("algoperf.pytorch_utils", nn=torch.nn, F=F, Tensor=torch.Tensor)
    exec(compile(source, "pytorch_utils.py", "exec"), vars(utils))


def cases():
    from algoperf.workloads.cifar.cifar_pytorch import models as cifar
    from algoperf.workloads.criteo1tb.criteo1tb_pytorch import models as dlrm
    from algoperf.workloads.fastmri.fastmri_pytorch import models as fastmri
    from algoperf.workloads.imagenet_resnet.imagenet_pytorch import models as resnet
    from algoperf.workloads.imagenet_vit.imagenet_pytorch import models as vit

    def images(side, classes):
        return {"inputs": {"kind": "float", "k": 10000, "shape": [4, 3, side, side],
                           "offset": 0.0, "scale": 2.0},
                "targets": {"kind": "int", "k": 10001, "shape": [4], "low": 0, "n_values": classes}}

    def slices(height, width):
        return {name: {"kind": "float", "k": 10000 + k, "shape": [3, height, width],
                       "offset": 0.0, "scale": 2.0} for k, name in enumerate(("inputs", "targets"))}

    def clicks(columns):
        return {"inputs": {"kind": "float", "k": 10000, "shape": [6, columns], "offset": 40.0,
                           "scale": 40.0},
                "targets": {"kind": "int", "k": 10001, "shape": [6], "low": 0, "n_values": 2}}

    plain = lambda model, inputs: model(inputs)
    one_channel = lambda model, inputs: model(inputs.unsqueeze(1), dropout_rate=0.0).squeeze(1)
    layers = [1, 2, 1, 1]
    yield {"name": "imagenet_resnet_silu", "workload": "imagenet_resnet_silu", "family": "resnet",
           "constructor": {"layers": layers, "block": "Bottleneck", "num_classes": 100,
                           "activation": "silu"},
           "make": lambda: resnet.ResNet(resnet.Bottleneck, layers, num_classes=100,
                                         act_fnc=torch.nn.SiLU(inplace=True)),
           "inputs": images(64, 100), "forward": plain, "loss": cross_entropy}
    yield {"name": "full_cifar", "workload": "cifar", "family": "resnet",
           "constructor": {"layers": [2, 2, 2, 2], "block": "BasicBlock", "num_classes": 10},
           "make": cifar.resnet18, "inputs": images(32, 10), "forward": plain,
           "loss": cross_entropy}
    vit_s = {"num_classes": 10, "patch_size": [4, 4], "width": 16, "depth": 2, "mlp_dim": 32,
             "num_heads": 2}
    for name, switch in (("imagenet_vit_post_ln", "use_post_layer_norm"),
                         ("imagenet_vit_map", "use_map")):
        arguments = vit_s | {switch: True}
        yield {"name": name, "workload": name, "family": "vit", "constructor": arguments,
               "make": lambda a=arguments: vit.ViT(**a), "inputs": images(16, 10),
               "forward": plain, "loss": cross_entropy}
    # The embedding dimension is AlgoPerf's, whose first layer after the products has a fixed width.
    for name, make, arguments in (
            ("criteo1tb_layernorm", dlrm.DlrmSmall,
             {"vocab_size": 64, "mlp_bottom_dims": [16, 8, 128], "mlp_top_dims": [32, 16, 8, 1],
              "use_layer_norm": True}),
            ("criteo1tb_resnet", dlrm.DLRMResNet,
             {"vocab_size": 64, "mlp_bottom_dims": [16, 16, 16], "mlp_top_dims": [16, 16, 16, 1]})):
        yield {"name": name, "workload": name, "family": "dlrm", "constructor": arguments,
               "make": lambda m=make, a=arguments: m(**a), "inputs": clicks(39), "forward": plain,
               "loss": click_loss}
    for name, arguments in (
            ("fastmri_layernorm", {"num_channels": 4, "num_pool_layers": 3, "use_layer_norm": True}),
            ("fastmri_model_size", {"num_channels": 8, "num_pool_layers": 2})):
        yield {"name": name, "workload": name, "family": "unet", "constructor": arguments,
               "make": lambda a=arguments: fastmri.UNet(**a), "inputs": slices(21, 26),
               "forward": one_channel, "loss": absolute_error}


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    prepare_imports(pathlib.Path(sys.argv[1]))
    for case in cases():
        record(case)
        print(case["name"])


main()
