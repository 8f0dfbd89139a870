#!/usr/bin/env python3
"""One training iteration in PyTorch: the peer that our own kernels are measured against, and a check of both.

It shares no code with the package and reads nothing of it but a file of tensors.

    training_iteration.py check IN OUT     utility, gradient and Langevin steps of IN, written to OUT
    training_iteration.py time IN          full iterations, timed; one line of JSON on stdout

IN is a safetensors file of float32 tensors: the parameters under their names, `types` [M, n, m], `chains` [M n, C, m],
`squareSlopes` [M n, m] and for `check` also `noise` [S, M n, C, m]; its metadata entry `config` is JSON.

How it is laid out, and why. Each choice was measured against the others named, on two cores, at n = 3, m = 10, 512
profiles:

- Points are columns: [R, m, N] with R rows of weights and N points for each. The values of one element of all groups
  are then one block, and all that is not a product runs up to twice as fast as with points as rows.
- In Langevin steps one product for all E elements of a layer, and for what comes from x, from the layer before and from
  the constant 1 together: [E G, m + G + 1] x [m + G + 1, N]. Two products (bmm, then baddbmm) take a fifth longer.
  Under autograd it is two, as putting weights together, and taking their gradients apart, costs more than it saves.
- The hypernetwork's parameters are rearranged for that, which is little, and not its output, which is much.
- A maximum over a group is a chain of a + relu(b - a): ties go to one element, and autograd takes half as long
  through it as through amax or max(dim), and a quarter of what it takes through torch.maximum.
- The x-gradient inside Langevin steps is explicit (winners pass on what comes from above) with preallocated buffers;
  by autograd the steps take 1.7 times as long.
- The weights are made once in an iteration, with their graph; Langevin steps use them without it.
- An iteration goes through the profiles in batches whose weights and points fit the caches (64 profiles: a sixth faster
  than all at once, and a quarter of the memory beyond what PyTorch itself takes). With one participant all profiles
  share one row, so that products are of plain matrices, and batches gain nothing.
- Memory is kept by the heap rather than returned to the system and faulted in again.

The BLAS matters most. On two cores of an AMD processor with AVX-512, at best:

    PyTorch 2.13, MKL 2024.2 (the ordinary CPU wheel)           185 ms
    the same, MKL made to take the processor for an Intel one   121 ms   (by itself it does not use all it could)
    Debian's 1.13, OpenBLAS, OPENBLAS_NUM_THREADS=1             350 ms   (its products are not batched)
    Debian's 1.13, OpenBLAS with threads                 400 to 700 ms   (they get into the way of PyTorch's)
    Debian's 1.13, reference BLAS, which is its default        2700 ms

`--compile` has torch.compile make one piece of all Langevin steps, and one of the value with its gradient. Both are written
without preallocated buffers there, which the compiler plans by itself. The weights are still made once in an iteration, and
all steps and chains share them.
"""
import argparse
import ctypes
import json
import math
import os
import re
import resource
import struct
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F

LARGEST_NOISE = 0.5  # of a Langevin step: chains on a flat utility cross the box in a few steps
BATCH_ROWS = 192  # of weights at a time on a CPU: what a step reads and writes then stays in the caches


COMPILE_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


class BadInput(Exception):
    """The file or an argument is not what it must be."""


# --- files ---


def read_safetensors(path):
    """Named float32 arrays, and the metadata."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise BadInput(f"Cannot read {path}: {error.strerror}") from None
    try:
        (size,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8 : 8 + size].decode("utf-8"))
        metadata = header.pop("__metadata__", {})
        arrays = {}
        for name, entry in header.items():
            if entry["dtype"] != "F32":
                raise BadInput(f"Cannot read {path}: tensor {name!r} must be F32, got {entry['dtype']}")
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            count = math.prod(entry["shape"])
            if not 0 <= begin <= end <= len(data) or end - begin != 4 * count:
                raise BadInput(f"Cannot read {path}: tensor {name!r} must be {4 * count} bytes within the file")
            # A copy: aligned, and writable as PyTorch wants it.
            arrays[name] = np.frombuffer(data, "<f4", count, begin).reshape(entry["shape"]).copy()
        return arrays, metadata
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"Cannot read {path}: it must be a safetensors file, got {error!r}") from None


def write_safetensors(path, arrays):
    header, at = {}, 0
    arrays = {name: np.ascontiguousarray(arrays[name], "<f4") for name in sorted(arrays)}
    for name, array in arrays.items():
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    try:
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for array in arrays.values():
                file.write(array.tobytes())
    except OSError as error:
        raise BadInput(f"Cannot write {path}: {error.strerror}") from None


CONFIG = {
    **dict.fromkeys(("participants", "goods", "layers", "groups", "groupSize", "steps"), int),
    **dict.fromkeys(("beta", "stepScale", "productionCost", "distributionCost"), float),
    **dict.fromkeys(("learningRate", "beta1", "beta2", "epsilon", "clipNorm"), float),
}


def read_problem(path, with_noise):
    """The config, and the arrays after a check of their shapes."""
    arrays, metadata = read_safetensors(path)
    try:
        raw = json.loads(metadata["config"])
        config = {name: kind(raw[name]) for name, kind in CONFIG.items()}
    except (KeyError, TypeError, ValueError) as error:
        names = ", ".join(CONFIG)
        raise BadInput(f"Cannot read {path}: metadata config must have numbers {names}: {error!r}") from None
    for name in ("participants", "goods", "layers", "groups", "groupSize", "steps"):
        if config[name] < 1:
            raise BadInput(f"Cannot read {path}: {name} must be at least 1, got {config[name]}")
    if raw.get("exchangeable") is not True:
        raise BadInput(f"Cannot read {path}: exchangeable must be true, got {raw.get('exchangeable')!r}")

    def need(name, shape):
        if name not in arrays:
            raise BadInput(f"Cannot read {path}: there must be a tensor {name!r}")
        got = arrays[name].shape
        if len(got) != len(shape) or any(want not in (None, size) for want, size in zip(shape, got)):
            want = ["any" if size is None else size for size in shape]
            raise BadInput(f"Cannot read {path}: shape of {name!r} must be {want}, got {list(got)}")
        return got

    n, m = config["participants"], config["goods"]
    profiles = need("types", (None, n, m))[0]
    chains = need("chains", (profiles * n, None, m))[1]
    if profiles < 1 or chains < 2:
        raise BadInput(f"Cannot read {path}: there must be a profile and two chains, got {profiles} and {chains}")
    need("squareSlopes", (profiles * n, m))
    if with_noise:
        need("noise", (config["steps"], profiles * n, chains, m))
    names, count = [], weight_count(config)
    if n > 1:
        width = (n - 1) * m
        while f"hidden.{len(names) // 2}.weight" in arrays:
            prefix = f"hidden.{len(names) // 2}"
            width = need(f"{prefix}.weight", (width, None))[1]
            need(f"{prefix}.bias", (width,))
            names += [f"{prefix}.weight", f"{prefix}.bias"]
        need("output.weight", (width, count))
        names.append("output.weight")
    need("output.bias", (count,))
    names.append("output.bias")
    return config, arrays, names


# --- the networks ---


def weight_count(config):
    m, K, G, E = (config[name] for name in ("goods", "layers", "groups", "groupSize"))
    return (K - 1) * E * G * G + G + K * E * (m + 1) * G + m + 1


def blocks_of(flat, config):
    """Raw weights [..., P], taken apart: `affine` and `positive` of each layer, from x and 1 and from the layer before.

    [..., E G (m + 1)] and [..., E G G], inputs last; the output is a layer with one unit."""
    m, K, G, E = (config[name] for name in ("goods", "layers", "groups", "groupSize"))
    lead = flat.shape[:-1]
    positive, last, free, out = torch.split(flat, [(K - 1) * E * G * G, G, K * E * (m + 1) * G, m + 1], dim=-1)
    positive = positive.reshape(*lead, K - 1, E, G, G).transpose(-1, -2)
    free = free.reshape(*lead, K, E, m + 1, G).transpose(-1, -2)
    at = len(lead)
    affine = [free.select(at, k).flatten(at) for k in range(K)] + [out]
    return affine, [positive.select(at, k).flatten(at) for k in range(K - 1)] + [last]


def network_weights(parameters, contexts, config):
    """Affine [R, units, m + 1] and positive [R, units, G] for each layer and the output, by the hypernetwork.

    The first layer has no positive ones."""
    m, G = config["goods"], config["groups"]
    biases = blocks_of(parameters["output.bias"], config)
    if contexts is None:
        affine, positive = [[bias.unsqueeze(0) for bias in part] for part in biases]
    else:
        hidden, layer = contexts, 0
        while f"hidden.{layer}.weight" in parameters:
            weight, bias = parameters[f"hidden.{layer}.weight"], parameters[f"hidden.{layer}.bias"]
            hidden = F.relu(torch.addmm(bias, hidden, weight))
            layer += 1
        matrices = blocks_of(parameters["output.weight"], config)
        affine, positive = [
            [torch.addmm(bias, hidden, matrix) for bias, matrix in zip(*parts)] for parts in zip(biases, matrices)
        ]
    rows = affine[0].shape[0]
    affine = [part.view(rows, -1, m + 1) for part in affine]
    return affine, [None] + [F.softplus(part).view(rows, -1, G) for part in positive]


def product(a, b, out=None):
    """A batch of products; of plain matrices where there is one row."""
    if a.shape[0] > 1:
        return torch.bmm(a, b, out=out)
    if out is None:
        return torch.mm(a[0], b[0]).unsqueeze(0)
    torch.mm(a[0], b[0], out=out[0])
    return out


def add_product(h, a, b):
    return torch.baddbmm(h, a, b) if a.shape[0] > 1 else torch.addmm(h[0], a[0], b[0]).unsqueeze(0)


def value(weights, points, config):
    """f [R, N] at points [R, m, N], differentiable in the weights."""
    G, E, K = config["groups"], config["groupSize"], config["layers"]
    R, _, N = points.shape
    inputs = torch.cat([points, points.new_ones(R, 1, N)], 1)
    best = None
    for k, (affine, positive) in enumerate(zip(*weights)):
        h = product(affine, inputs)
        if k > 0:
            h = add_product(h, positive, best)
        if k < K:
            best, *others = h.view(R, E, G, N).unbind(1)
            for other in others:
                best = best + F.relu(other - best)
    return h.view(R, N)


class PointGradient:
    """Subgradients of f in x, with buffers for R rows and N points each."""

    def __init__(self, weights, points, config):
        m, G, E, K = (config[name] for name in ("goods", "groups", "groupSize", "layers"))
        R, _, N = points.shape
        self.m, self.G, self.E, self.K = m, G, E, K
        affine, positive = weights
        # Inputs in the order x, layer before, 1: gradients need all but the last.
        self.layers = [affine[0]]
        for k in range(1, K):
            self.layers.append(torch.cat([affine[k][:, :, :m], positive[k], affine[k][:, :, m:]], 2))
        self.slope = affine[K][:, :, :m].transpose(1, 2).expand(R, m, N)
        self.weight = positive[K].transpose(1, 2).expand(R, G, N)
        new = points.new_empty
        self.inputs = [new(R, layer.shape[2], N) for layer in self.layers]
        for inputs in self.inputs:
            inputs[:, -1] = 1
        self.h, self.best, self.above = new(R, E * G, N), new(R, G, N), new(R, G, N)
        self.leads = [[new(R, G, N) for _ in range(E - 1)] for _ in range(K)]
        self.shares = new(R, E, G, N)
        self.down = [new(R, layer.shape[2] - 1, N) for layer in self.layers]

    def __call__(self, points):
        m, G, E, K = self.m, self.G, self.E, self.K
        R, _, N = points.shape
        for k in range(K):
            self.inputs[k][:, :m] = points
            h = product(self.layers[k], self.inputs[k], self.h).view(R, E, G, N)
            # The last layer's values are of no use, only who wins.
            best = self.inputs[k + 1][:, m : m + G] if k + 1 < K else self.best
            if E == 1:
                best.copy_(h[:, 0])
            for e in range(1, E):
                before = h[:, 0] if e == 1 else best
                torch.sub(h[:, e], before, out=self.leads[k][e - 1])
                if e + 1 < E or k + 1 < K:
                    torch.maximum(h[:, e], before, out=best)
        slope = self.slope
        above = self.above.copy_(self.weight)
        for k in reversed(range(K)):
            for e in reversed(range(1, E)):
                # What is left of `above`, where element e leads those before it, and 0 elsewhere.
                share = self.shares[:, e]
                torch.ops.aten.threshold_backward.grad_input(above, self.leads[k][e - 1], 0, grad_input=share)
                above.sub_(share)
            self.shares[:, 0] = above
            down = product(self.layers[k][:, :, :-1].transpose(1, 2), self.shares.view(R, E * G, N), self.down[k])
            slope = slope + down[:, :m]
            if k > 0:
                above.copy_(down[:, m:])
        return slope


def point_gradient(weights, points, config):
    """What PointGradient computes, without buffers: for the compiler."""
    m, G, E, K = (config[name] for name in ("goods", "groups", "groupSize", "layers"))
    R, _, N = points.shape
    affine, positive = weights
    best, leads = None, []
    inputs = torch.cat([points, points.new_ones(R, 1, N)], 1)
    for k in range(K):
        h = product(affine[k], inputs)
        if k > 0:
            h = add_product(h, positive[k], best)
        best, *others = h.view(R, E, G, N).unbind(1)
        won = []
        for other in others:
            won.append(other > best)
            best = torch.maximum(best, other)
        leads.append(won)
    slope = affine[K][:, :, :m].transpose(1, 2)
    above = positive[K].transpose(1, 2).expand(R, G, N)
    for k in reversed(range(K)):
        shares = []
        for won in reversed(leads[k]):
            # What is left of `above`, where this element leads those before it.
            shares.append(torch.where(won, above, 0))
            above = torch.where(won, 0, above)
        shares.append(above)
        share = torch.stack(shares[::-1], 1).view(R, E * G, N)
        slope = slope + product(affine[k][:, :, :m].transpose(1, 2), share)
        if k > 0:
            above = product(positive[k].transpose(1, 2), share)
    return slope


# --- Langevin steps ---


def reflect(points):
    """Back into the box, in place: |x| modulo 2 is a walk along the unit interval and back."""
    return points.abs_().remainder_(2).sub_(1).abs_().neg_().add_(1).clamp_(0, 1)


def langevin(weights, types, chains, step_size, noise, config):
    """Chains [R, m, N] after as many steps as there is noise, and the mean squared slopes of u on the way."""
    beta = config["beta"]
    gradient = PointGradient(weights, chains, config)
    noise_scale = (step_size * (2 / beta)).sqrt()
    now, squares = chains.clone(), torch.zeros_like(chains)
    for standard in noise:
        slope = types - gradient(now)
        now.addcmul_(slope, step_size).addcmul_(standard, noise_scale)
        reflect(now)
        squares.addcmul_(slope, slope)
    return now, squares.div_(config["steps"])


def compiled_langevin(weights, types, chains, step_size, noise, config):
    """What `langevin` computes with the noise of all steps [S, R, m, N], without buffers: for the compiler."""
    noise_scale = (step_size * (2 / config["beta"])).sqrt()
    now, squares = chains, torch.zeros_like(chains)
    for standard in noise.unbind(0):
        slope = types - point_gradient(weights, now, config)
        now = now + slope * step_size + standard * noise_scale
        now = (1 - (now.abs().remainder(2) - 1).abs()).clamp(0, 1)
        squares = squares + slope * slope
    return now, squares / config["steps"]


def adapted_step_size(square_slopes, scale, beta):
    largest = LARGEST_NOISE**2 * beta / 2
    return (scale / beta) / (square_slopes + scale / (beta * largest))


# --- the estimator ---


def principal_utility(outcomes, payments, config):
    """u0 [M, C] of outcomes [M, n, m, C] and payments [M, n, C]."""
    production, distribution = config["productionCost"], config["distributionCost"]
    utility = payments.sum(1)
    if production != 0:
        utility = utility - production * outcomes.amax(1).sum(1)
    if distribution != 0:
        utility = utility - distribution * outcomes.sum((1, 2))
    return utility


def loss_weights(outcomes, payments, config):
    """M times the gradient of the loss in payments [M, n, C], and u0 [M, C]."""
    _, n, C = payments.shape
    utility = principal_utility(outcomes, payments, config)
    worth = []
    for i in range(n):
        keep = torch.ones(n, 1, device=payments.device)
        keep[i] = 0
        worth.append(utility - principal_utility(outcomes * keep.unsqueeze(2), payments * keep, config))
    worth = torch.stack(worth, 1)
    centred = worth - worth.mean(2, keepdim=True)
    # du0 / dp_i = 1.
    return (centred * (config["beta"] / (C - 1)) - 1 / C), utility


# --- an iteration ---


class Batch:
    """Some of the profiles with their chains; points as columns."""

    def __init__(self, config, types, chains, square_slopes):
        self.config = config
        self.M, n, m = types.shape
        self.C = chains.shape[1]
        self.R = self.M * n if n > 1 else 1
        self.contexts = None
        if n > 1:
            others = [[(i + j) % n for j in range(1, n)] for i in range(n)]
            self.contexts = types[:, others].reshape(self.M * n, (n - 1) * m) * 2 - 1
        self.types = self.per_row(types.reshape(self.M * n, m))
        self.square_slopes = square_slopes
        self.value, self.langevin = value, langevin
        self.chains = self.as_columns(chains)

    def as_columns(self, points):
        """[M n, C, m] to [R, m, N]."""
        return points.reshape(self.R, -1, points.shape[-1]).transpose(1, 2).contiguous()

    def as_points(self, columns):
        """[R, m, N] to [M n, C, m]."""
        return columns.transpose(1, 2).reshape(-1, self.C, columns.shape[1])

    def per_row(self, rows):
        """[M n, m] to what broadcasts against [R, m, N]."""
        if self.contexts is not None:
            return rows.unsqueeze(2)
        return rows.t().repeat_interleave(self.C, 1).unsqueeze(0)

    def globally(self, columns):
        """[R, k, N] to [M, n, k, C]."""
        k = columns.shape[1]
        if self.contexts is not None:
            return columns.view(self.M, -1, k, self.C)
        return columns.view(k, self.M, 1, self.C).permute(1, 2, 0, 3)

    @torch.no_grad()
    def moved(self, weights, noise):
        """The chains after Langevin steps, and their new mean squared slopes [M n, m]."""
        config = self.config
        step_size = self.per_row(adapted_step_size(self.square_slopes, config["stepScale"], config["beta"]))
        weights = [[part if part is None else part.detach() for part in kind] for kind in weights]
        chains, squares = self.langevin(weights, self.types, self.chains, step_size, noise, config)
        seen = self.globally(squares).mean(3).reshape(self.square_slopes.shape)
        return chains, (self.square_slopes + seen) / 2

    def add_gradient(self, weights, profiles):
        """Adds this batch's part of the loss gradient over `profiles` to the parameters' `grad`; its sum of u0 / C."""
        R, m, N = self.chains.shape
        # The zero outcome is one more point of each row: p = f(x) - f(0).
        f = self.value(weights, torch.cat([self.chains, self.chains.new_zeros(R, m, 1)], 2), self.config)
        with torch.no_grad():
            payments = self.globally((f[:, :N] - f[:, N:]).unsqueeze(1)).squeeze(2)
            of_payments, utility = loss_weights(self.globally(self.chains), payments, self.config)
            of_f = of_payments.reshape(R, N) / profiles
            of_f = torch.cat([of_f, -of_f.sum(1, keepdim=True)], 1)
        f.backward(of_f)
        return utility.mean(1).sum()


class Training:
    """Parameters, Adam's moments, and the profiles in batches that fit the caches."""

    def __init__(self, config, arrays, names, device, batch, compile_mode=None):
        self.config = config
        self.compiled = compile_mode is not None
        tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items() if name != "noise"}
        self.parameters = {name: tensors[name].clone().requires_grad_() for name in names}
        self.adam = torch.optim.Adam(
            self.parameters.values(),
            lr=config["learningRate"],
            betas=(config["beta1"], config["beta2"]),
            eps=config["epsilon"],
            fused=device.type == "cuda",
        )
        types, n = tensors["types"], config["participants"]
        self.M = types.shape[0]
        self.batches = [
            Batch(
                config,
                types[at : at + batch],
                tensors["chains"][at * n : (at + batch) * n],
                tensors["squareSlopes"][at * n : (at + batch) * n],
            )
            for at in range(0, self.M, batch)
        ]
        if self.compiled:
            compiled = [
                torch.compile(one, dynamic=False, fullgraph=True, mode=compile_mode)
                for one in (value, compiled_langevin)
            ]
            for one in self.batches:
                one.value, one.langevin = compiled

    def weights(self, batch):
        return network_weights(self.parameters, batch.contexts, self.config)

    @torch.no_grad()
    def descend(self):
        gradients = [parameter.grad for parameter in self.parameters.values()]
        norm = torch.sqrt(sum(gradient.square().sum() for gradient in gradients))
        clip = self.config["clipNorm"]
        scale = clip / norm.clamp(min=clip)
        for gradient in gradients:
            gradient.mul_(scale)
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)

    def iterate(self):
        utility = 0
        for batch in self.batches:
            weights = self.weights(batch)
            steps, shape = self.config["steps"], batch.chains.shape
            if self.compiled:
                # Results of the last iteration may be overwritten in this one: chains are kept outside of graphs.
                torch.compiler.cudagraph_mark_step_begin()
                batch.chains, batch.square_slopes = batch.chains.clone(), batch.square_slopes.clone()
                noise = torch.randn((steps, *shape), device=batch.chains.device)
            else:
                noise = (torch.randn_like(batch.chains) for _ in range(steps))
            batch.chains, batch.square_slopes = batch.moved(weights, noise)
            utility = utility + batch.add_gradient(weights, self.M)
        self.descend()
        return utility / self.M


# --- the command line ---


def check(training, noise):
    """Langevin steps from the chains of the file, and the gradient at these very chains."""
    utility, moved, at = 0, [], 0
    for batch in training.batches:
        weights = training.weights(batch)
        rows = slice(at, at := at + batch.square_slopes.shape[0])
        steps = (batch.as_columns(torch.from_numpy(step[rows]).to(batch.chains.device)) for step in noise)
        chains, square_slopes = batch.moved(weights, torch.stack(list(steps)) if training.compiled else steps)
        moved.append((batch.as_points(chains), square_slopes))
        utility = utility + batch.add_gradient(weights, training.M)
    out = {f"gradient.{name}": parameter.grad for name, parameter in training.parameters.items()}
    out["utility"] = (utility / training.M).reshape(1)
    out["moved"], out["movedSquareSlopes"] = (torch.cat(parts) for parts in zip(*moved))
    return {name: tensor.cpu().numpy() for name, tensor in out.items()}


def measure(training, iterations, warmup, synchronize):
    times = []
    for k in range(warmup + iterations):
        synchronize()
        begin = time.perf_counter()
        utility = training.iterate()
        synchronize()
        if k >= warmup:
            times.append((time.perf_counter() - begin) * 1e3)
    if not math.isfinite(utility.item()):
        raise BadInput(f"Cannot time: the utility must stay finite, got {utility.item()}")
    return times


def keep_heap():
    """Lets glibc keep freed memory instead of returning large blocks to the system, which would clear them anew."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(-4, 0)  # M_MMAP_MAX
    mallopt(-1, 2**31 - 1)  # M_TRIM_THRESHOLD


def resident_bytes():
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        return peak_resident_bytes()


def peak_resident_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def blas_name(device):
    """What multiplies matrices: from PyTorch's build, or else the BLAS library that is loaded."""
    if device.type == "cuda":
        return "cublas"
    name = re.search(r"Math Kernel Library Version (\S+)", torch.__config__.show())
    if name:
        return f"mkl {name[1]}"
    try:
        with open("/proc/self/maps") as file:
            loaded = set(re.findall(r"/\S*(?:blas|blis|mkl)[^/\s]*\.so\S*", file.read()))
        return ", ".join(sorted(loaded)) or "unknown"
    except OSError:
        return "unknown"


def count(text):
    number = int(text)
    if number < 0:
        raise ValueError
    return number


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("cuda", help="which CUDA device there is; exit code 2 where there is none")
    for name, text in (("check", "compute once, for comparison"), ("time", "time full iterations")):
        command = commands.add_parser(name, help=text)
        command.add_argument("input", metavar="IN")
        if name == "check":
            command.add_argument("output", metavar="OUT")
        else:
            command.add_argument("--iterations", type=count, default=10, help="timed iterations (10)")
            command.add_argument("--warmup", type=count, default=3, help="iterations before (3)")
        command.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
        command.add_argument("--compile", choices=COMPILE_MODES, metavar="MODE", help=" or ".join(COMPILE_MODES))
        command.add_argument(
            "--batch",
            type=count,
            default=0,
            help="profiles at a time (0: what fits the caches, or all on cuda or for n = 1)",
        )
        command.add_argument("--threads", type=count, default=os.cpu_count(), help="threads (all cores)")
    options = parser.parse_args(arguments)
    if options.command == "cuda":
        return options
    if options.threads < 1:
        parser.error("--threads must be at least 1")
    if options.command == "time" and options.iterations < 1:
        parser.error("--iterations must be at least 1")
    return options


def require_cuda():
    if torch.cuda.is_available():
        return
    build = "for CUDA " + torch.version.cuda if torch.version.cuda else "without CUDA"
    raise BadInput(f"Cannot use cuda: PyTorch {torch.__version__}, built {build}, finds no CUDA device")


def main(arguments):
    options = parse(arguments)
    if options.command == "cuda" or options.device == "cuda":
        require_cuda()
    if options.command == "cuda":
        print(json.dumps({"version": torch.__version__, "cuda": torch.version.cuda, "device": torch.cuda.get_device_name()}))
        return
    if options.compile and not hasattr(torch, "compile"):
        raise BadInput(f"Cannot compile: torch.compile needs PyTorch 2, got {torch.__version__}")
    keep_heap()
    torch.set_num_threads(options.threads)
    device = torch.device(options.device)
    config, arrays, names = read_problem(options.input, options.command == "check")
    profiles, n, _ = arrays["types"].shape
    on_cuda = device.type == "cuda"
    fitting = profiles if on_cuda or n == 1 else max(1, BATCH_ROWS // n)
    training = Training(config, arrays, names, device, options.batch or fitting, options.compile)
    if options.command == "check":
        write_safetensors(options.output, check(training, arrays["noise"]))
        return
    idle = resident_bytes()
    times = measure(training, options.iterations, options.warmup, torch.cuda.synchronize if on_cuda else lambda: None)
    print(json.dumps({
        "framework": "pytorch",
        "compile": options.compile,
        "version": torch.__version__,
        "device": torch.cuda.get_device_name() if on_cuda else "cpu",
        "threads": torch.get_num_threads(),
        "blas": blas_name(device),
        "iterationMs": [round(ms, 3) for ms in times],
        "peakBytes": torch.cuda.max_memory_allocated() if on_cuda else peak_resident_bytes(),
        "idleBytes": idle,
    }))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BadInput as error:
        print(error, file=sys.stderr)
        sys.exit(2)
