#pragma once
// Made-up data: random numbers as functions of (seed, place) and the networks that label them.
// Nothing of it is estimated from real data.

#include <timetrial/random.h>

#include <cstdint>
#include <string_view>
#include <vector>

namespace timetrial::multitask {

/// Numbers of one stream, in order.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}
  /// In (0, 1): never one of its ends.
  double uniform();
  std::int64_t below(std::int64_t bound);
  /// Mean 0, variance 1.
  double normal();
  std::vector<double> normals(std::int64_t count);
  /// Student's t with `degrees` of freedom, which need not be whole. Source: Bailey 1994, "Polar
  /// generation of random variates with the t-distribution", equation 2.
  double student_t(double degrees);

 private:
  Random random_;
};

/// A row-major matrix.
struct Matrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<double> values;
  /// [rows]: times a vector [columns].
  std::vector<double> times(const std::vector<double>& vector) const;
};

/// Normal entries with variance 1 / columns.
Matrix normal_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed);
/// One whose entries have the correlation `correlation` with those of `other`, and their variance.
Matrix correlated(const Matrix& other, double correlation, std::uint64_t seed);

/// A random network: layers of tanh without biases, whose weights have variance gain^2 / fan_in.
class TanhNetwork {
 public:
  /// `widths`: of the input, then of each layer.
  TanhNetwork(const std::vector<std::int64_t>& widths, double gain, std::uint64_t seed);
  std::vector<double> operator()(std::vector<double> x) const;

 private:
  std::vector<Matrix> layers_;
};

/// Mean and standard deviation of some numbers.
struct Moments {
  double mean = 0, deviation = 0;
};
Moments moments_of(const std::vector<double>& values);

}  // namespace timetrial::multitask
