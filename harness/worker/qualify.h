#pragma once
// How fast this machine computes what training consists of, by LibTorch: for `timetrial hardware
// qualify`, which compares it with a hardware profile.
//
//   gemm_gflops           product of two float32 matrices, 1024 x 1024 (4096 on a GPU)
//   convolution_gflops    3 x 3 convolution, 64 to 64 channels, 32 images (256 on a GPU) of 28 x 28
//   triad_gb_per_s        a = b + s c over arrays far larger than caches; 3 arrays are moved
//                         (McCalpin, STREAM)
//   training_steps_per_s  forward, backward and a fixed update (momentum) of a small convolutional
//                         network on one fixed batch

#include <cstdint>
#include <string>

namespace timetrial::worker {

/// Measures on `device` ("cpu", "cuda:N") with so many threads: about five seconds. One JSON
/// object: "device", "threads", and for each name above {"median", "low", "high", "repeats"}.
/// Throws InputError for a device that this machine or LibTorch lacks.
std::string qualify_json(const std::string& device, std::int64_t threads);

}  // namespace timetrial::worker
