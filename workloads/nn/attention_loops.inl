// Included by one source file for each instruction set, after which the compiler's flags are asked.
// Everything is local to that file, so that no copy for one instruction set serves another.

#include "workloads/nn/attention_loops.h"

namespace timetrial::nn {
namespace {

#if defined(__AVX512F__)
constexpr int kWidth = 16, kMostVectors = 4, kMostRows = 6;
#elif defined(__AVX2__)
constexpr int kWidth = 8, kMostVectors = 2, kMostRows = 6;
#else
constexpr int kWidth = 4, kMostVectors = 2, kMostRows = 4;
#endif
static_assert(kLane % kWidth == 0 && kLane / kWidth % (kWidth == 16 ? 1 : kMostVectors) == 0);

typedef float Floats __attribute__((vector_size(kWidth * sizeof(float))));
typedef std::int32_t Ints __attribute__((vector_size(kWidth * sizeof(float))));
/// The same at any address.
typedef float Stored
    __attribute__((vector_size(kWidth * sizeof(float)), aligned(alignof(float)), may_alias));

inline Floats loaded(const float* at) { return *reinterpret_cast<const Stored*>(at); }
inline void store(float* at, const Floats& x) { *reinterpret_cast<Stored*>(at) = x; }
inline Floats all(float x) { return x - Floats{}; }

// --- products

/// One tile of the result, whose sums stay in registers.
template <int kRows, int kVectors>
inline void multiply_tile(const SmallProduct& p, std::int64_t row, std::int64_t column) {
  const float* left = p.left + row * p.left_row;
  const float* right = p.right + column;
  float* out = p.out + row * p.out_row + column;
  Floats sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = p.add ? loaded(out + r * p.out_row + v * kWidth) : Floats{};
    }
  }
  for (std::int64_t k = 0; k < p.depth; ++k) {
    Floats factors[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) factors[v] = loaded(right + v * kWidth);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Floats x = all(left[r * p.left_row]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) sums[r][v] += x * factors[v];
    }
    left += p.left_depth;
    right += p.right_row;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(out + r * p.out_row + v * kWidth, sums[r][v]);
  }
}

/// The last rows, fewer than kRows + 1.
template <int kRows, int kVectors>
inline void multiply_last_rows(const SmallProduct& p, std::int64_t row, std::int64_t column) {
  if constexpr (kRows > 0) {
    if (p.rows - row == kRows) return multiply_tile<kRows, kVectors>(p, row, column);
    multiply_last_rows<kRows - 1, kVectors>(p, row, column);
  }
}

template <int kVectors>
inline void multiply_columns(const SmallProduct& p, std::int64_t column) {
  std::int64_t row = 0;
  for (; row + kMostRows <= p.rows; row += kMostRows) {
    multiply_tile<kMostRows, kVectors>(p, row, column);
  }
  multiply_last_rows<kMostRows - 1, kVectors>(p, row, column);
}

void multiply(const SmallProduct& p) {
  std::int64_t column = 0;
  for (; column + kMostVectors * kWidth <= p.columns; column += kMostVectors * kWidth) {
    multiply_columns<kMostVectors>(p, column);
  }
  // Only where kLane is less than that.
  for (; column < p.columns; column += kWidth) multiply_columns<1>(p, column);
}

// --- functions; not a number stays so

/// e^x to a few units of the last place; beyond about 88 either way it stays where it is there.
/// Source: the reduction and the polynomial of Cephes' expf (Moshier).
inline Floats exponential(const Floats& x) {
  constexpr float kLargest = 88, kRounding = 12582912;  // 1.5 * 2^23: to the nearest whole number
  Floats y = x > kLargest ? all(kLargest) : x;
  y = y < -kLargest ? all(-kLargest) : y;
  const Floats n = (y * 1.44269504F + kRounding) - kRounding;
  y = y - n * 0.693359375F + n * 2.12194440e-4F;
  Floats sum = y * 1.9875691500e-4F + 1.3981999507e-3F;
  sum = sum * y + 8.3334519073e-3F;
  sum = sum * y + 4.1665795894e-2F;
  sum = sum * y + 1.6666665459e-1F;
  sum = sum * y + 5.0000001201e-1F;
  sum = sum * y * y + y + 1;
  const Ints power = (__builtin_convertvector(n, Ints) + 127) << 23;
  return sum * reinterpret_cast<Floats>(power);
}

inline Floats logistic(const Floats& x) { return 1 / (1 + exponential(-x)); }

struct Relu {
  static Floats value(const Floats& z) { return z < 0 ? Floats{} : z; }
  static Floats slope(const Floats& z) { return z <= 0 ? Floats{} : all(1); }
};

struct SquaredRelu {
  static Floats value(const Floats& z) { return Relu::value(z) * z; }
  static Floats slope(const Floats& z) { return 2 * Relu::value(z); }
};

/// z times the logistic function of 2 sqrt(2 / pi) (z + 0.044715 z^3): the tanh approximation.
struct Gelu {
  static constexpr float kFactor = 1.5957691216F, kCubic = 0.044715F;
  static Floats value(const Floats& z) { return z * logistic(kFactor * (z + kCubic * z * z * z)); }
  static Floats slope(const Floats& z) {
    const Floats s = logistic(kFactor * (z + kCubic * z * z * z));
    return s + z * s * (1 - s) * (kFactor * (1 + 3 * kCubic * z * z));
  }
};

/// max(z, 0) + log(1 + e^-|z|), the logarithm by the series of the inverse hyperbolic tangent.
struct Softplus {
  static Floats value(const Floats& z) {
    const Floats u = exponential(z < 0 ? z : -z);
    const Floats s = u / (2 + u), square = s * s;
    Floats sum = square * (1.0F / 13) + 1.0F / 11;
    sum = sum * square + 1.0F / 9;
    sum = sum * square + 1.0F / 7;
    sum = sum * square + 1.0F / 5;
    sum = sum * square + 1.0F / 3;
    sum = sum * square + 1;
    return Relu::value(z) + 2 * s * sum;
  }
  static Floats slope(const Floats& z) { return logistic(z); }
};

struct Identity {
  static Floats value(const Floats& z) { return z; }
  static Floats slope(const Floats& /*z*/) { return all(1); }
};

struct Relu6 {
  static Floats value(const Floats& z) {
    const Floats least = Relu::value(z);
    return least > 6 ? all(6) : least;
  }
  static Floats slope(const Floats& z) { return z > 6 ? Floats{} : z < 0 ? Floats{} : all(1); }
};

struct Sigmoid {
  static Floats value(const Floats& z) { return logistic(z); }
  static Floats slope(const Floats& z) {
    const Floats s = logistic(z);
    return s * (1 - s);
  }
};

template <class Form>
void apply(float* scores, std::int64_t size) {
  for (std::int64_t i = 0; i < size; i += kWidth)
    store(scores + i, Form::value(loaded(scores + i)));
}

template <class Form>
void apply_slopes(float* scores, float* gradients, std::int64_t size) {
  for (std::int64_t i = 0; i < size; i += kWidth) {
    const Floats z = loaded(scores + i);
    store(gradients + i, loaded(gradients + i) * Form::slope(z));
    store(scores + i, Form::value(z));
  }
}

const AttentionLoops kLoops = {
    &multiply,
    {&apply<Relu>, &apply<SquaredRelu>, &apply<Gelu>, &apply<Softplus>, &apply<Identity>,
     &apply<Relu6>, &apply<Sigmoid>},
    {&apply_slopes<Relu>, &apply_slopes<SquaredRelu>, &apply_slopes<Gelu>, &apply_slopes<Softplus>,
     &apply_slopes<Identity>, &apply_slopes<Relu6>, &apply_slopes<Sigmoid>}};

}  // namespace
}  // namespace timetrial::nn
