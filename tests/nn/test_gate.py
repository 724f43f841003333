"""What a gate lets through."""

import math

import torch

from sensorium.nn.gate import TanhGate


def test_a_new_gate_is_shut_and_can_learn_to_open() -> None:
    gate, x = TanhGate(), torch.tensor([2.0, -4.0])
    made = gate(x)
    assert made.tolist() == [0.0, 0.0]
    made.sum().backward()
    assert gate.weight.grad is not None
    assert gate.weight.grad.tolist() == [-2.0]


def test_a_gate_scales_by_its_hyperbolic_tangent() -> None:
    torch.testing.assert_close(TanhGate(0.5)(torch.tensor([2.0, -4.0])), torch.tensor([2.0, -4.0]) * math.tanh(0.5))


def test_the_type_is_that_of_the_rows() -> None:
    assert TanhGate(1.0)(torch.ones(2, dtype=torch.bfloat16)).dtype == torch.bfloat16
