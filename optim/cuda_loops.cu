#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::optim {
namespace {

// Before the rules, which use it.
template <class T>
__device__ T sign(const T& x) {
  return T((x > T(0)) - (x < T(0)));
}

}  // namespace
}  // namespace timetrial::optim

#include "optim/cuda_loops.h"

namespace timetrial::optim {
namespace {

constexpr int kThreads = 256;

template <bool minima>
__device__ double joined(double a, double b) {
  return minima ? (b < a ? b : a) : a + b;
}

/// Joins a value of every thread of the block; thread 0 has the result. In the same order in every
/// run.
template <bool minima>
__device__ double joined_over_block(double value) {
  __shared__ double values[kThreads];
  __syncthreads();  // of an earlier call
  values[threadIdx.x] = value;
  __syncthreads();
  for (int width = kThreads / 2; width > 0; width /= 2) {
    if (threadIdx.x < width) {
      values[threadIdx.x] = joined<minima>(values[threadIdx.x], values[threadIdx.x + width]);
    }
    __syncthreads();
  }
  return values[0];
}

/// Of element `at` of a piece in a stream.
template <class Rule>
__device__ std::int64_t place(const DevicePiece& piece, int stream, std::int64_t at) {
  if (!is_spread<Rule>() || stream < Rule::kStreams - 2) return at;
  const auto [height, width] = piece.matrices;
  const std::int64_t row = (piece.before + at) / width, column = (piece.before + at) % width;
  return stream == Rule::kStreams - 2 ? row : row / height * width + column;
}

/// One block for each piece.
template <class Rule, class T>
__global__ void loop(Rule rule, DevicePass pass) {
  constexpr int kSums = sums_of<Rule>(), kScalars = scalars_of<Rule>();
  const DevicePiece piece = pass.pieces[blockIdx.x];
  T scalars[kMostScalars] = {};
  for (int k = 0; k < kScalars; ++k) {
    scalars[k] = static_cast<T>(pass.scalars[piece.tensor * kScalars + k]);
  }
  T sums[kMostSums];
  for (int k = 0; k < kMostSums; ++k) {
    sums[k] = has_minima<Rule>() ? std::numeric_limits<T>::infinity() : T(0);
  }
  for (std::int64_t at = threadIdx.x; at < piece.size; at += kThreads) {
    T x[Rule::kStreams];
#pragma unroll
    for (int s = 0; s < Rule::kStreams; ++s) {
      x[s] = static_cast<T*>(piece.streams[s])[place<Rule>(piece, s, at)];
    }
    rule.template operator()<T, T>(x, scalars, sums);
#pragma unroll
    for (int s = 0; s < Rule::kStreams; ++s) {
      if ((Rule::kWritten >> s & 1U) != 0) static_cast<T*>(piece.streams[s])[at] = x[s];
    }
  }
#pragma unroll
  for (int k = 0; k < kSums; ++k) {
    const double total = joined_over_block<has_minima<Rule>()>(static_cast<double>(sums[k]));
    if (threadIdx.x == 0) pass.sums[static_cast<std::int64_t>(blockIdx.x) * kSums + k] = total;
  }
}

using Launch = void (*)(const void* rule, const DevicePass& pass, cudaStream_t stream);

template <class Rule, class T>
void launch(const void* rule, const DevicePass& pass, cudaStream_t stream) {
  loop<Rule, T><<<static_cast<unsigned>(pass.count), kThreads, 0, stream>>>(
      *static_cast<const Rule*>(rule), pass);
}

template <class T, std::size_t... place>
constexpr std::array<Launch, sizeof...(place)> all_launches(std::index_sequence<place...>) {
  return {&launch<std::tuple_element_t<place, Rules>, T>...};
}

constexpr auto kPlaces = std::make_index_sequence<std::tuple_size_v<Rules>>();

}  // namespace

void queue_rule(std::size_t place, bool in_float, const void* rule, const DevicePass& pass,
                void* stream) {
  static constexpr auto kInFloat = all_launches<float>(kPlaces);
  static constexpr auto kInDouble = all_launches<double>(kPlaces);
  (in_float ? kInFloat : kInDouble)[place](rule, pass, static_cast<cudaStream_t>(stream));
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) {
    throw std::runtime_error("an update rule on the GPU: " +
                             std::string(cudaGetErrorString(error)));
  }
}

}  // namespace timetrial::optim
