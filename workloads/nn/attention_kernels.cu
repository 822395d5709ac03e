#include "workloads/nn/attention_kernels.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace timetrial::nn {
namespace {

// A block of threads has a tile of kTile rows, each of which kLanes threads share: thread t works at
// row t / kLanes, and at every kLanes-th column or element from t % kLanes on.
constexpr int kTile = 32, kLanes = 8, kThreads = kTile * kLanes;
constexpr int kColumns = kTile / kLanes, kMostElements = kWidestHead / kLanes;
constexpr int kPairs = kTile + 1;  // of a row of pairs in shared memory: rows start in other banks

// --- functions, counted as in AttentionForm after softmax; not a number stays so

__device__ float logistic(float x) { return 1 / (1 + expf(-x)); }

__device__ float relu(float z) { return z < 0 ? 0 : z; }

__device__ float gelus_inner(float z) { return 1.5957691216F * (z + 0.044715F * z * z * z); }

__device__ float value_of(int form, float z) {
  switch (form) {
    case 0:
      return relu(z);
    case 1:
      return relu(z) * z;
    case 2:
      return z * logistic(gelus_inner(z));
    case 3:
      return relu(z) + log1pf(expf(-fabsf(z)));
    case 4:
      return z;
    case 5: {
      const float least = relu(z);
      return least > 6 ? 6 : least;
    }
    default:
      return logistic(z);
  }
}

__device__ float slope_of(int form, float z) {
  switch (form) {
    case 0:
      return z <= 0 ? 0 : 1;
    case 1:
      return 2 * relu(z);
    case 2: {
      const float s = logistic(gelus_inner(z));
      return s + z * s * (1 - s) * 1.5957691216F * (1 + 3 * 0.044715F * z * z);
    }
    case 3:
      return logistic(z);
    case 4:
      return 1;
    case 5:
      return z > 6 || z < 0 ? 0 : 1;
    default: {
      const float s = logistic(z);
      return s * (1 - s);
    }
  }
}

// --- tiles

struct Place {
  int row = threadIdx.x / kLanes, lane = threadIdx.x % kLanes;
  std::int64_t batch, head;
};

__device__ Place place_of(const DeviceAttention& a) {
  Place place;
  place.batch = blockIdx.y / a.heads;
  place.head = blockIdx.y % a.heads;
  return place;
}

/// The elements of a row in shared memory; rows start in other banks.
__device__ int stride_of(const DeviceAttention& a) { return static_cast<int>(a.width) + 1; }

/// Rows [first, first + kTile) of one head, zeros after the last one; waits before and after.
__device__ void load_tile(const DeviceHeads& from, const Place& place, const DeviceAttention& a,
                          std::int64_t first, std::int64_t count, float* tile) {
  __syncthreads();
  const std::int64_t row = first + place.row;
  const float* source =
      from.data + place.batch * from.batch + place.head * from.head + row * from.row;
  for (int d = place.lane; d < a.width; d += kLanes) {
    tile[place.row * stride_of(a) + d] = row < count ? source[d] : 0;
  }
  __syncthreads();
}

/// Products of this thread's row of one tile with kColumns rows of the other.
__device__ void multiply_rows(const float* own, const float* others, const Place& place,
                              const DeviceAttention& a, float* products) {
  const int stride = stride_of(a);
  for (int c = 0; c < kColumns; ++c) products[c] = 0;
  for (int d = 0; d < a.width; ++d) {
    const float x = own[place.row * stride + d];
    for (int c = 0; c < kColumns; ++c) {
      products[c] += x * others[(place.lane + c * kLanes) * stride + d];
    }
  }
}

/// sums += the row of `pairs` times the tile.
__device__ void add_rows(const float* pairs, const float* tile, const Place& place,
                         const DeviceAttention& a, float* sums) {
  const int stride = stride_of(a);
  for (int j = 0; j < kTile; ++j) {
    const float weight = pairs[place.row * kPairs + j];
    int k = 0;
    for (int d = place.lane; d < a.width; d += kLanes, ++k) sums[k] += weight * tile[j * stride + d];
  }
}

__device__ void store_row(const float* sums, float factor, const DeviceHeads& to,
                          const Place& place, const DeviceAttention& a, std::int64_t row,
                          std::int64_t count) {
  if (row >= count) return;
  float* target = to.data + place.batch * to.batch + place.head * to.head + row * to.row;
  int k = 0;
  for (int d = place.lane; d < a.width; d += kLanes, ++k) target[d] = sums[k] * factor;
}

__device__ bool is_visible(const DeviceAttention& a, std::int64_t query, std::int64_t key) {
  return query < a.queries && key < a.keys && (!a.causal || key <= query);
}

/// n_i^-alpha.
__device__ float factor_of(const DeviceAttention& a, std::int64_t query) {
  const std::int64_t visible = a.causal && query + 1 < a.keys ? query + 1 : a.keys;
  return powf(static_cast<float>(visible), -a.alpha);
}

// --- kernels: one block of threads for each tile of each head

__global__ void attend(DeviceAttention a, DeviceHeads output) {
  extern __shared__ float memory[];
  const int stride = stride_of(a);
  float *query = memory, *keys = query + kTile * stride, *pairs = keys + kTile * stride;
  const Place place = place_of(a);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kTile;
  float sums[kMostElements] = {}, products[kColumns];
  load_tile(a.query, place, a, first, a.queries, query);
  for (std::int64_t key = 0; key < a.keys; key += kTile) {
    if (a.causal && key > first + kTile - 1) break;
    load_tile(a.key, place, a, key, a.keys, keys);
    multiply_rows(query, keys, place, a, products);
    for (int c = 0; c < kColumns; ++c) {
      const int column = place.lane + c * kLanes;
      pairs[place.row * kPairs + column] = is_visible(a, first + place.row, key + column)
                                               ? value_of(a.form, products[c] * a.scale)
                                               : 0;
    }
    load_tile(a.value, place, a, key, a.keys, keys);
    add_rows(pairs, keys, place, a, sums);
  }
  store_row(sums, factor_of(a, first + place.row), output, place, a, first + place.row, a.queries);
}

/// The gradients of the scores of a tile's queries, times the keys.
__global__ void differentiate_queries(DeviceAttention a, DeviceHeads output_gradient,
                                      DeviceHeads query_gradient) {
  extern __shared__ float memory[];
  const int stride = stride_of(a);
  float *query = memory, *gradient = query + kTile * stride, *keys = gradient + kTile * stride,
        *pairs = keys + kTile * stride;
  const Place place = place_of(a);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kTile;
  const float factor = factor_of(a, first + place.row);
  float sums[kMostElements] = {}, scores[kColumns], slopes[kColumns];
  load_tile(a.query, place, a, first, a.queries, query);
  load_tile(output_gradient, place, a, first, a.queries, gradient);
  for (std::int64_t key = 0; key < a.keys; key += kTile) {
    if (a.causal && key > first + kTile - 1) break;
    load_tile(a.value, place, a, key, a.keys, keys);
    multiply_rows(gradient, keys, place, a, slopes);
    load_tile(a.key, place, a, key, a.keys, keys);
    multiply_rows(query, keys, place, a, scores);
    for (int c = 0; c < kColumns; ++c) {
      const int column = place.lane + c * kLanes;
      pairs[place.row * kPairs + column] =
          is_visible(a, first + place.row, key + column)
              ? slopes[c] * factor * slope_of(a.form, scores[c] * a.scale)
              : 0;
    }
    __syncthreads();
    add_rows(pairs, keys, place, a, sums);
  }
  store_row(sums, a.scale, query_gradient, place, a, first + place.row, a.queries);
}

/// The same the other way round: a tile of keys, with every query that sees one of them.
__global__ void differentiate_keys(DeviceAttention a, DeviceHeads output_gradient,
                                   DeviceHeads key_gradient, DeviceHeads value_gradient) {
  extern __shared__ float memory[];
  const int stride = stride_of(a);
  float *key = memory, *value = key + kTile * stride, *rows = value + kTile * stride,
        *pairs = rows + kTile * stride, *weights = pairs + kTile * kPairs;
  const Place place = place_of(a);
  const std::int64_t first = static_cast<std::int64_t>(blockIdx.x) * kTile;
  float key_sums[kMostElements] = {}, value_sums[kMostElements] = {};
  float scores[kColumns], slopes[kColumns];
  load_tile(a.key, place, a, first, a.keys, key);
  load_tile(a.value, place, a, first, a.keys, value);
  for (std::int64_t query = a.causal ? first : 0; query < a.queries; query += kTile) {
    load_tile(output_gradient, place, a, query, a.queries, rows);
    multiply_rows(value, rows, place, a, slopes);
    load_tile(a.query, place, a, query, a.queries, rows);
    multiply_rows(key, rows, place, a, scores);
    for (int c = 0; c < kColumns; ++c) {
      const int column = place.lane + c * kLanes, at = place.row * kPairs + column;
      const bool visible = is_visible(a, query + column, first + place.row);
      const float factor = visible ? factor_of(a, query + column) : 0;
      const float score = scores[c] * a.scale;
      pairs[at] = visible ? slopes[c] * factor * slope_of(a.form, score) : 0;
      weights[at] = visible ? factor * value_of(a.form, score) : 0;
    }
    __syncthreads();
    add_rows(pairs, rows, place, a, key_sums);
    load_tile(output_gradient, place, a, query, a.queries, rows);
    add_rows(weights, rows, place, a, value_sums);
  }
  store_row(key_sums, a.scale, key_gradient, place, a, first + place.row, a.keys);
  store_row(value_sums, 1, value_gradient, place, a, first + place.row, a.keys);
}

void check(cudaError_t error) {
  if (error != cudaSuccess) {
    throw std::runtime_error("point-wise attention on the GPU: " +
                             std::string(cudaGetErrorString(error)));
  }
}

/// Bytes of shared memory for so many tiles of rows and of pairs.
std::size_t bytes(const DeviceAttention& a, int tiles, int tiles_of_pairs) {
  return sizeof(float) * static_cast<std::size_t>(kTile) *
         (static_cast<std::size_t>(tiles) * static_cast<std::size_t>(a.width + 1) +
          static_cast<std::size_t>(tiles_of_pairs) * kPairs);
}

dim3 grid(const DeviceAttention& a, std::int64_t rows) {
  return {static_cast<unsigned>((rows + kTile - 1) / kTile),
          static_cast<unsigned>(a.batch * a.heads)};
}

/// Lets a kernel have more than the usual 48 KiB of shared memory.
template <class Kernel>
void allow(Kernel kernel, std::size_t size) {
  check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                             static_cast<int>(size)));
}

}  // namespace

void queue_attention(const DeviceAttention& attention, const DeviceHeads& output, void* stream) {
  const std::size_t size = bytes(attention, 2, 1);
  allow(attend, size);
  attend<<<grid(attention, attention.queries), kThreads, size, static_cast<cudaStream_t>(stream)>>>(
      attention, output);
  check(cudaGetLastError());
}

void queue_attention_gradients(const DeviceAttention& attention, const DeviceHeads& output_gradient,
                               const DeviceHeads& query_gradient, const DeviceHeads& key_gradient,
                               const DeviceHeads& value_gradient, void* stream) {
  const auto queue = static_cast<cudaStream_t>(stream);
  const std::size_t for_queries = bytes(attention, 3, 1), for_keys = bytes(attention, 3, 2);
  allow(differentiate_queries, for_queries);
  allow(differentiate_keys, for_keys);
  differentiate_queries<<<grid(attention, attention.queries), kThreads, for_queries, queue>>>(
      attention, output_gradient, query_gradient);
  differentiate_keys<<<grid(attention, attention.keys), kThreads, for_keys, queue>>>(
      attention, output_gradient, key_gradient, value_gradient);
  check(cudaGetLastError());
}

}  // namespace timetrial::nn
