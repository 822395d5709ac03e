#include "workloads/multitask/generated.h"

#include "workloads/nn/init.h"

#include <cmath>
#include <numbers>
#include <numeric>

namespace timetrial::multitask {

double Draws::uniform() { return (static_cast<double>(random_() >> 12) + 0.5) * 0x1.0p-52; }

std::int64_t Draws::below(std::int64_t bound) {
  return static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(bound)));
}

double Draws::normal() { return nn::normal_quantile(uniform()); }

std::vector<double> Draws::normals(std::int64_t count) {
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = normal();
  return values;
}

double Draws::student_t(double degrees) {
  const double radius = std::sqrt(degrees * (std::pow(uniform(), -2 / degrees) - 1));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::vector<double> Matrix::times(const std::vector<double>& vector) const {
  std::vector<double> product(static_cast<std::size_t>(rows));
  for (std::size_t row = 0; row < product.size(); ++row) {
    const double* begin = values.data() + row * static_cast<std::size_t>(columns);
    product[row] = std::inner_product(begin, begin + columns, vector.begin(), 0.0);
  }
  return product;
}

Matrix normal_matrix(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  Matrix matrix{rows, columns, Draws(seed).normals(rows * columns)};
  for (double& value : matrix.values) value /= std::sqrt(static_cast<double>(columns));
  return matrix;
}

Matrix correlated(const Matrix& other, double correlation, std::uint64_t seed) {
  Matrix matrix = normal_matrix(other.rows, other.columns, seed);
  const double rest = std::sqrt(1 - correlation * correlation);
  for (std::size_t i = 0; i < matrix.values.size(); ++i) {
    matrix.values[i] = correlation * other.values[i] + rest * matrix.values[i];
  }
  return matrix;
}

TanhNetwork::TanhNetwork(const std::vector<std::int64_t>& widths, double gain, std::uint64_t seed) {
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    layers_.push_back(normal_matrix(widths[i + 1], widths[i], derive_seed(seed, "layer", i)));
    for (double& value : layers_.back().values) value *= gain;
  }
}

std::vector<double> TanhNetwork::operator()(std::vector<double> x) const {
  for (const Matrix& layer : layers_) {
    x = layer.times(x);
    for (double& value : x) value = std::tanh(value);
  }
  return x;
}

Moments moments_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  Moments moments;
  for (const double value : values) moments.mean += value / count;
  for (const double value : values) {
    moments.deviation += (value - moments.mean) * (value - moments.mean) / count;
  }
  moments.deviation = std::sqrt(moments.deviation);
  return moments;
}

}  // namespace timetrial::multitask
