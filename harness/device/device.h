#pragma once
// The device a process computes on: "cpu", or "cuda:N" with LibTorch's CUDA library loaded on
// demand.

#include <c10/core/Device.h>

#include <string>

namespace timetrial::device {

/// Sets the number of threads, settles which kernels compute (so that two runs have the same bits),
/// has the process keep memory that it frees, and loads what the device needs. Throws InputError
/// for a name that is no device, or one that this machine or this LibTorch lacks.
c10::Device open_device(const std::string& name, std::int64_t threads);

/// From now on LibTorch's operations on the calling thread use this thread alone, so that threads
/// which read data do not each bring a team of their own.
void compute_alone();

/// From now on operations whose result could differ from run to run (on a GPU, sums in the order in
/// which threads arrive) take a slower algorithm that has one, or throw. Before open_device().
void use_deterministic_algorithms();

/// Returns once nothing is queued on the device any more.
void drain(c10::Device device);

}  // namespace timetrial::device
